import { checkOut } from '../checkout.js';
import { allHold, type Context, inFreshSystem, invariantsTable, type Outcome } from '../context.js';
import type { Invariant } from '../invariants.js';
import type { Round } from '../measure.js';
import { median, sum } from '../statistics.js';
import { decimal, type Table } from '../table.js';
import { fixedRateRounds, medianLatency, medianThroughput, saturatedRounds } from './bench.js';

/** By what was measured, for example `p50 ms at 50/s`. */
type Figures = Record<string, number>;

interface Measured {
  figures: Figures;
  invariants: Invariant[];
}

interface Pair {
  first: 'before' | 'after';
  before: Measured;
  after: Measured;
}

/**
 * Another commit's services and this checkout's in turns, each turn on fresh servers: a machine that becomes slower meanwhile is slower for
 * both. Which of the two comes first alternates. Load and measuring are this checkout's.
 */
export async function against(context: Context): Promise<Outcome> {
  const { options, progress, signal } = context;
  const tree = await checkOut(options.against ?? 'HEAD', progress, signal);
  const before = () => measure(context, tree);
  const after = () => measure(context);
  const pairs: Pair[] = [];
  for (let number = 1; number <= options.pairs; number++) {
    progress.line(`\n  pair ${number} of ${options.pairs}`);
    if (number % 2 === 1) pairs.push({ first: 'before', before: await before(), after: await after() });
    else pairs.push({ first: 'after', after: await after(), before: await before() });
  }
  const names = Object.keys(pairs[0]?.before.figures ?? {});
  const broken = pairs.flatMap((pair) => [pair.before.invariants, pair.after.invariants]).filter((each) => !allHold(each));
  return {
    tables: [...names.map((name) => tableOf(name, pairs)), ...broken.map(invariantsTable)],
    plots: [],
    data: { against: options.against, tree, pairs },
    invariantsHold: broken.length === 0,
  };
}

/** @param tree the other commit's checkout; without it this one is measured */
async function measure(context: Context, tree?: string): Promise<Measured> {
  const { options } = context;
  context.progress.line(`  ${tree === undefined ? 'after: this checkout' : `before: ${options.against}`}`);
  const { value, invariants } = await inFreshSystem(context, tree === undefined ? {} : { tree }, async (measuring) => ({
    ...(options.scenario === 'latency' ? {} : saturated(medianThroughput(await saturatedRounds(measuring, options)))),
    ...(options.scenario === 'saturate'
      ? {}
      : fixedRate(options.rate, medianLatency(await fixedRateRounds(measuring, options, options.rate)))),
  }));
  return { figures: value, invariants };
}

const saturated = (round: Round): Figures => ({
  'orders/s, saturated': round.ordersPerSecond,
  'CPU ms an order, saturated': cpuOf(round),
});

const fixedRate = (rate: number, round: Round): Figures => ({
  [`p50 ms at ${rate}/s`]: round.load.placedToEnded.p50,
  [`p99 ms at ${rate}/s`]: round.load.placedToEnded.p99,
  [`CPU ms an order at ${rate}/s`]: cpuOf(round),
});

/** Milliseconds of services, broker and database for one order. */
function cpuOf({ processes, load }: Round): number {
  const seconds = sum(processes.filter(({ name }) => name !== 'load').map(({ cpuSeconds }) => cpuSeconds));
  return (seconds / load.placed) * 1_000;
}

function tableOf(name: string, pairs: readonly Pair[]): Table {
  const of = ({ figures }: Measured) => figures[name] ?? Number.NaN;
  const ratios = pairs.map(({ before, after }) => of(after) / of(before));
  const digits = pairs.every(({ before }) => of(before) < 100) ? 2 : 0;
  const rows = pairs.map(({ first, before, after }, index) => [
    `${index + 1}, ${first} first`,
    decimal(of(before), digits),
    decimal(of(after), digits),
    decimal(ratios[index] ?? Number.NaN, 3),
  ]);
  return {
    title: name,
    columns: ['pair', 'before', 'after', 'after / before'],
    rows: [...rows, ['median ratio', '', '', decimal(median(ratios), 3)]],
  };
}
