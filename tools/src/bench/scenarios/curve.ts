import { allHold, type Context, inFreshSystem, invariantsTable, type Outcome } from '../context.js';
import type { Round } from '../measure.js';
import { drawPlot, type Series } from '../plot.js';
import { latencyTable } from '../tables.js';
import { fixedRateRounds, medianLatency } from './bench.js';

const rates = [50, 100, 200, 300, 500, 750, 1_000, 1_250, 1_500, 2_000];
/** A rate that the machine does not keep up with ends the curve: higher ones would only measure the backlog. */
const overloadedMs = 2_000;

interface Point {
  rate: number;
  rounds: Round[];
}

/** Latency at rising rates. */
export async function curve(context: Context): Promise<Outcome> {
  const [variant] = context.options.variants;
  const { value: points, invariants } = await inFreshSystem(context, variant ? { variant } : {}, async (measuring) => {
    const done: Point[] = [];
    for (const rate of rates) {
      const rounds = await fixedRateRounds(measuring, context.options, rate);
      done.push({ rate, rounds });
      if (medianLatency(rounds).load.placedToEnded.p50 > overloadedMs) break;
    }
    return done;
  });
  const medians = points.map(({ rate, rounds }) => ({ label: `${rate}`, rate, round: medianLatency(rounds) }));
  return {
    tables: [latencyTable('Latency by rate', medians), invariantsTable(invariants)],
    plots: [{ name: 'curve', svg: plotOf(medians) }],
    data: { points, invariants },
    invariantsHold: allHold(invariants),
  };
}

function plotOf(medians: { rate: number; round: Round }[]): string {
  const line = (name: string, colour: Series['colour'], value: (round: Round) => number): Series => ({
    name,
    colour,
    points: medians.map(({ rate, round }) => [rate, value(round)]),
  });
  return drawPlot({
    title: 'Latency by rate',
    subtitle: 'open loop, without coordinated omission',
    xLabel: 'orders/s',
    panels: [
      {
        title: 'From placed to ended',
        yLabel: 'ms',
        logarithmic: true,
        series: [
          line('p50', 0, ({ load }) => load.placedToEnded.p50),
          line('p95', 2, ({ load }) => load.placedToEnded.p95),
          line('p99', 1, ({ load }) => load.placedToEnded.p99),
        ],
      },
      {
        title: 'POST',
        yLabel: 'ms',
        logarithmic: true,
        series: [
          line('p50', 0, ({ load }) => load.post.p50),
          line('p95', 2, ({ load }) => load.post.p95),
          line('p99', 1, ({ load }) => load.post.p99),
        ],
      },
    ],
  });
}
