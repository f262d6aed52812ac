import { describe, expect, test } from '@jest/globals';
import { coverageTable, neverHit } from '../../tools/src/simulation/coverage.js';
import { sequenceDiagram, traceTable } from '../../tools/src/simulation/report.js';
import { merge, noTotals, runAgain, runSeed, runSeeds } from '../../tools/src/simulation/runs.js';
import { shrink } from '../../tools/src/simulation/shrink.js';
import { untouched } from '../../tools/src/simulation/tampering.js';
import { mutations } from './mutations.js';

const ORDERS = 40;

describe('simulated worlds', () => {
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
    const { violations } = await runSeeds(1, 100, { orders: 2, tampering });
    expect(violations[0]?.violation.detail).toMatch(/s after the last fault: .*outbox of [a-z]+-service: [a-z]+\.[a-z]+/);
  });

  test('run again the same from the decisions that were taken down', async () => {
    const made: number[] = [];
    const first = await runSeed(11, { orders: ORDERS, traced: true }, made);
    const again = await runAgain(made, { orders: ORDERS, traced: true });
    expect(traceTable(again.trace)).toBe(traceTable(first.trace));
  });
});

describe('a violation', () => {
  test('is shrunk to a short run that breaks the same rule, and drawn', async () => {
    const [tampering] = mutations.filter(({ name }) => name.startsWith('the reservation of a shipped order'));
    const options = { ...tampering, orders: 5 };
    const made: number[] = [];
    const first = await runSeed(1, options, made);
    const { result, made: shrunk } = await shrink(made, first, (candidate) => runAgain(candidate, options));
    expect(result.violation?.rule).toBe(first.violation?.rule);
    expect(result.orders).toBe(1);
    expect(result.steps).toBeLessThan(80);
    const { trace } = await runAgain(shrunk, { ...options, traced: true });
    expect(sequenceDiagram(trace)).toMatch(/^sequenceDiagram\n {2}participant p0 as /);
  });
});
