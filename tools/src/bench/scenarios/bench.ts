import { allHold, type Context, inFreshSystem, invariantsTable, type Measuring, type Outcome } from '../context.js';
import type { Round } from '../measure.js';
import { hundreds, type Options } from '../options.js';
import { measureServerBaseline, serverBaselineTable } from '../server-baseline.js';
import { medianBy } from '../statistics.js';
import { archiveTables, batchTable, latencyTable, processTable, throughputTable } from '../tables.js';
import { timelinePlot } from '../timeline.js';

interface Parts {
  saturated: boolean;
  fixedRate: boolean;
}

/** Saturated throughput, then latency at a fixed rate and the server baseline, in the same warm system. */
export const bench = (context: Context) => measure(context, { saturated: true, fixedRate: true });
export const saturate = (context: Context) => measure(context, { saturated: true, fixedRate: false });
export const latency = (context: Context) => measure(context, { saturated: false, fixedRate: true });

async function measure(context: Context, parts: Parts): Promise<Outcome> {
  const { options } = context;
  const [variant] = options.variants;
  const { value, invariants } = await inFreshSystem(context, variant ? { variant } : {}, async (measuring) => ({
    saturated: parts.saturated ? await saturatedRounds(measuring, options) : [],
    fixedRate: parts.fixedRate ? await fixedRateRounds(measuring, options, options.rate) : [],
    serverBaseline: parts.fixedRate ? await measureServerBaseline(measuring.system, context.progress) : undefined,
  }));
  const { saturated, fixedRate, serverBaseline } = value;
  const tables = [
    ...saturatedTables(saturated),
    ...fixedRateTables(fixedRate, options.rate),
    ...(serverBaseline === undefined ? [] : [serverBaselineTable(serverBaseline)]),
    invariantsTable(invariants),
  ];
  const plots = [...plotsOf('saturated', saturated), ...plotsOf('fixed-rate', fixedRate)];
  return { tables, plots, data: { saturated, fixedRate, serverBaseline, invariants }, invariantsHold: allHold(invariants) };
}

export async function saturatedRounds({ run }: Measuring, { rounds, orders, concurrency }: Options): Promise<Round[]> {
  const done: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    done.push(await run(`saturated ${round}/${rounds}`, { orders, pace: { kind: 'closed', concurrency } }));
  }
  return done;
}

export async function fixedRateRounds({ run }: Measuring, { rounds, duration }: Options, rate: number): Promise<Round[]> {
  const done: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    done.push(
      await run(`${rate} orders/s ${round}/${rounds}`, { orders: hundreds(rate * duration), pace: { kind: 'open', rate } }),
    );
  }
  return done;
}

export const medianThroughput = (rounds: readonly Round[]) => medianBy(rounds, ({ ordersPerSecond }) => ordersPerSecond);
export const medianLatency = (rounds: readonly Round[]) => medianBy(rounds, ({ load }) => load.placedToEnded.p99);

function saturatedTables(rounds: readonly Round[]) {
  if (rounds.length === 0) return [];
  const median = medianThroughput(rounds);
  return [
    throughputTable('Saturated', rounds, median),
    processTable(median),
    ...archiveTables(rounds),
    batchTable(median.batches, median.load.placed),
  ];
}

function fixedRateTables(rounds: readonly Round[], rate: number) {
  if (rounds.length === 0) return [];
  return [
    latencyTable(
      'Latency at a fixed rate',
      rounds.map((round) => ({ label: `${rate}`, round })),
    ),
  ];
}

function plotsOf(name: string, rounds: readonly Round[]) {
  if (rounds.length === 0) return [];
  const { load } = name === 'saturated' ? medianThroughput(rounds) : medianLatency(rounds);
  const subtitle = `${load.orders.toLocaleString('en-US')} orders, the median round`;
  return [{ name, svg: timelinePlot(name === 'saturated' ? 'Saturated' : 'At a fixed rate', subtitle, load.series) }];
}
