import { allHold, type Context, inFreshSystem, invariantsTable, type Outcome } from '../context.js';
import type { Invariant } from '../invariants.js';
import type { Round } from '../measure.js';
import { sum } from '../statistics.js';
import { decimal, integer, milliseconds, percent } from '../table.js';
import { fixedRateRounds, medianLatency, medianThroughput, saturatedRounds } from './bench.js';

interface Replicated {
  replicas: number;
  saturated: Round[];
  fixedRate: Round[];
  invariants: Invariant[];
}

/** One, two and three processes of each service. On one machine they share its processors: this is about being right, not fast. */
export async function replicas(context: Context): Promise<Outcome> {
  const { options } = context;
  const done: Replicated[] = [];
  for (const count of [1, 2, 3]) {
    const { value, invariants } = await inFreshSystem(context, { replicas: count }, async (measuring) => ({
      saturated: await saturatedRounds(measuring, options),
      fixedRate: await fixedRateRounds(measuring, options, options.rate),
    }));
    done.push({ replicas: count, ...value, invariants });
  }
  const rows = done.map(({ replicas: count, saturated, fixedRate, invariants }) => {
    const fast = medianThroughput(saturated);
    const { p50, p99 } = medianLatency(fixedRate).load.placedToEnded;
    const cpu = sum(fast.processes.map(({ cpuSeconds }) => cpuSeconds));
    return [
      `${count}`,
      integer(fast.ordersPerSecond),
      decimal((cpu / fast.load.placed) * 1_000, 2),
      milliseconds(p50),
      milliseconds(p99),
      percent(fast.otherLoad),
      allHold(invariants) ? '✓' : '✗',
    ];
  });
  const columns = ['replicas', 'orders/s', 'CPU s / 1,000', `p50 ms at ${options.rate}/s`, 'p99', 'other load', 'invariants'];
  return {
    tables: [{ title: 'Replicas of each service', columns, rows }, ...done.map(({ invariants }) => invariantsTable(invariants))],
    plots: [],
    data: { replicas: done },
    invariantsHold: done.every(({ invariants }) => allHold(invariants)),
  };
}
