import { describe, expect, test } from '@jest/globals';
import { SeededChoices } from '../../tools/src/simulation/choices.js';
import { coverageTable, neverHit } from '../../tools/src/simulation/coverage.js';
import { explore } from '../../tools/src/simulation/exhaustive.js';
import { sequenceDiagram, traceTable } from '../../tools/src/simulation/report.js';
import { merge, noTotals, runAgain, runSeed, runSeeds } from '../../tools/src/simulation/runs.js';
import { shrink } from '../../tools/src/simulation/shrink.js';
import { order, plain, smallWorlds } from '../../tools/src/simulation/small-worlds.js';
import { untouched } from '../../tools/src/simulation/tampering.js';
import { World } from '../../tools/src/simulation/world.js';
import { mutations } from './mutations.js';

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

  test('have one trace for one seed, to the last byte that is written or sent', async () => {
    const hashOf = async (seed: number) => (await runSeed(seed, { orders: ORDERS, hashed: true })).traceHash;
    const first = await hashOf(7);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashOf(7)).toBe(first);
    expect(await hashOf(8)).not.toBe(first);
  });

  test('have one hash together, however they are shared out', async () => {
    const together = await runSeeds(1, 6, { orders: 5, hashed: true });
    const parts = [await runSeeds(4, 3, { orders: 5, hashed: true }), await runSeeds(1, 3, { orders: 5, hashed: true })];
    const totals = noTotals();
    for (const part of parts) merge(totals, part);
    expect(totals.traceHash).toBe(together.traceHash);
  });

  test('say which faults struck which steps, and which never did', async () => {
    const { cells } = await runSeeds(1, 40, { orders: 10 });
    expect(cells.get('step threw x reserveStock')).toBeGreaterThan(0);
    expect(neverHit(cells)).not.toContain('step threw x reserveStock');
    expect(neverHit(new Map())).toContain('effect failed x chargePayment');
    expect(neverHit(new Map())).not.toContain('effect failed x reserveStock');
    expect(coverageTable(cells)).toMatch(/ack lost +· +· +·/);
  });

  test('end once the faults have ended; what does not is a violation that says what is left', async () => {
    const tampering = mutations.find(({ name }) => name === 'outbox never swept')?.tampering ?? untouched;
    const { violations } = await runSeeds(1, 100, { orders: ORDERS, tampering });
    expect(violations[0]?.violation.detail).toMatch(/s after the last fault: .*outbox of [a-z]+-service: [a-z]+\.[a-z]+/);
  });

  test('run again the same from the decisions that were taken down', async () => {
    const made: number[] = [];
    const first = await runSeed(11, { orders: ORDERS, traced: true }, made);
    const again = await runAgain(made, { orders: ORDERS, traced: true });
    expect(traceTable(again.trace)).toBe(traceTable(first.trace));
  });

  test.each(smallWorlds)('$name: every schedule keeps every rule', async (world) => {
    const { violation, states } = await explore(world);
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(10);
  });
});

describe('a violation', () => {
  test('is shrunk to a short run that breaks the same rule, and drawn', async () => {
    const [tampering] = mutations.filter(({ name }) => name.startsWith('the reservation of a shipped order'));
    const options = { orders: ORDERS, ...tampering, traced: true };
    const made: number[] = [];
    const first = await runSeed(1, options, made);
    const { result } = await shrink(made, first, (candidate) => runAgain(candidate, options));
    expect(result.violation?.rule).toBe(first.violation?.rule);
    expect(result.orders).toBe(1);
    expect(result.steps).toBeLessThan(80);
    expect(sequenceDiagram(result.trace)).toMatch(/^sequenceDiagram\n {2}participant p0 as /);
  });
});
