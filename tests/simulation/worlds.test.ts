import { describe, expect, test } from '@jest/globals';
import { SeededChoices } from '../../tools/src/simulation/choices.js';
import { runSeeds } from '../../tools/src/simulation/runs.js';
import { order, plain } from '../../tools/src/simulation/small-worlds.js';
import { World } from '../../tools/src/simulation/world.js';

const ORDERS = 40;

describe('simulated worlds', () => {
  test('keep every rule, under every fault', async () => {
    const { violations, orders } = await runSeeds(1, 250, { orders: ORDERS });
    expect(violations).toEqual([]);
    expect(orders).toBeGreaterThan(2_500);
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
