import { allHold, type Context, inFreshSystem, invariantsTable, type Outcome } from '../context.js';
import type { Invariant } from '../invariants.js';
import type { Round } from '../measure.js';
import { hundreds } from '../options.js';
import { sum } from '../statistics.js';
import { decimal, integer, percent, type Table } from '../table.js';
import { perThousand } from '../tables.js';
import { type Variant, variants } from '../variants.js';
import { medianThroughput, saturatedRounds } from './bench.js';

interface Ablation {
  variant: Variant;
  rounds: Round[];
  invariants: Invariant[];
}

/** Saturates a fresh system for each variant and compares its throughput with the first variant's. */
export async function ablations(context: Context): Promise<Outcome> {
  const { options } = context;
  const chosen = options.variants.length > 0 ? options.variants : variants;
  const done: Ablation[] = [];
  for (const variant of chosen) {
    context.progress.line(`\n  ${variant.name}: ${variant.what}`);
    const orders = hundreds(options.orders * variant.share);
    const warmup = hundreds(options.warmup * variant.share);
    const { value: rounds, invariants } = await inFreshSystem(context, { variant, warmup }, (measuring) =>
      saturatedRounds(measuring, { ...options, orders }),
    );
    done.push({ variant, rounds, invariants });
  }
  const failed = done.filter(({ invariants }) => !allHold(invariants));
  return {
    tables: [comparison(done), ...failed.map(({ invariants }) => invariantsTable(invariants))],
    plots: [],
    data: { ablations: done },
    invariantsHold: failed.length === 0,
  };
}

function comparison(done: readonly Ablation[]): Table {
  const [first] = done;
  const reference = first ? medianThroughput(first.rounds).ordersPerSecond : Number.NaN;
  return {
    title: 'Ablations',
    columns: [
      'variant',
      'orders/s',
      'lowest',
      'highest',
      'of the first',
      'per 1,000 of calibration',
      'CPU s / 1,000',
      'mean batch',
      'other load',
      'invariants',
    ],
    rows: done.map(({ variant, rounds, invariants }) => {
      const median = medianThroughput(rounds);
      const rates = rounds.map(({ ordersPerSecond }) => ordersPerSecond);
      const size = {
        sum: sum(median.batches.map((each) => each.size.sum)),
        count: sum(median.batches.map((each) => each.size.count)),
      };
      return [
        `${variant.name}: ${variant.what}`,
        integer(median.ordersPerSecond),
        integer(Math.min(...rates)),
        integer(Math.max(...rates)),
        percent(median.ordersPerSecond / reference),
        decimal(perThousand(median)),
        decimal((sum(median.processes.map(({ cpuSeconds }) => cpuSeconds)) / median.load.placed) * 1_000, 2),
        decimal(size.sum / size.count),
        percent(median.otherLoad),
        allHold(invariants) ? '✓' : '✗',
      ];
    }),
  };
}
