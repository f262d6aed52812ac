import { describe, expect, test } from '@jest/globals';
import { SeededChoices } from '../../tools/src/simulation/choices.js';
import { runSeeds } from '../../tools/src/simulation/runs.js';
import { order, plain } from '../../tools/src/simulation/small-worlds.js';
import { World } from '../../tools/src/simulation/world.js';

describe('simulated worlds', () => {
  /** A part at a time: processor time alone, of which a busy machine gives a tenth. */
  test.each([1, 51, 101, 151, 201])('keep every rule, under every fault: 50 seeds from %i', async (first) => {
    const { violations, orders } = await runSeeds(first, 50, { orders: 40 });
    expect(violations).toEqual([]);
    expect(orders).toBeGreaterThan(500);
  });

  /** The event was lost: its second copy was acknowledged as a duplicate of the first, whose step had failed in the same batch. */
  test('a copy of an event whose step has failed is no duplicate', async () => {
    const rates = {
      'step threw': 0.3,
      'message duplicated': 0.5,
      'connection lost': 0.03,
      'copy for retry or dead letter lost': 0.5,
    };
    const items = [{ sku: 'SKU-1', unitPrice: 100, onHand: 500 }];
    const orders = [0, 1, 2, 3, 4, 5].map((index) => order(index));
    for (let seed = 1; seed <= 100; seed++) {
      const world = new World({ ...plain, items, orders, rates }, new SeededChoices(seed));
      expect((await world.run()).violation).toBeUndefined();
    }
  });
});
