import { createProgress } from '../../progress.js';
import { encodeChoices } from '../choices.js';
import { coverageTable, neverHit } from '../coverage.js';
import { countsTable, sequenceDiagram, traceTable } from '../report.js';
import { neverStruck, runAgain, runSeed, runSeeds, type Totals } from '../runs.js';
import { shrink } from '../shrink.js';
import { aboutRun } from './about-run.js';
import { runInWorkers } from './workers.js';

export interface ManyRuns {
  readonly seed: number;
  readonly runs: number;
  readonly orders: number;
  readonly workers: number;
  readonly traced: boolean;
  /** Print a hash over the traces. */
  readonly hashed: boolean;
}

/** Fewer runs than these need not meet every fault. */
const ENOUGH_FOR_EVERY_FAULT = 1_000;

/** Runs many worlds and prints the totals; a violation is shrunk and shown. */
export async function runMany(many: ManyRuns, signal: AbortSignal): Promise<number> {
  const { seed, runs, orders, workers, traced, hashed } = many;
  process.stdout.write(aboutRun(runs === 1 ? `${seed}` : `${seed} to ${seed + runs - 1}`, orders));
  if (traced && runs === 1) return showSeed(many);
  const since = performance.now();
  const totals = await createProgress(process.stderr).step(`${runs} worlds`, (_note, show) => {
    const tell = (all: Totals) => {
      const rate = Math.round((all.orders * 1_000) / (performance.now() - since));
      show(all.runs / runs, `${all.runs} worlds, ${all.orders} orders, ${rate}/s`);
    };
    if (workers > 1) return runInWorkers(many, signal, tell);
    return runSeeds(seed, runs, { orders, hashed }, (all) => {
      tell(all);
      return !signal.aborted;
    });
  });
  return report(totals, many, (performance.now() - since) / 1_000);
}

async function report(totals: Totals, { orders, hashed }: ManyRuns, seconds: number): Promise<number> {
  const { user, system } = process.cpuUsage();
  const busy = (user + system) / 1e6;
  process.stdout.write(`${countsTable(totals)}\n\n${coverageTable(totals.cells)}\n${neverHitList(totals)}\n`);
  process.stdout.write(
    `${totals.runs} worlds, ${totals.orders} orders, ${totals.steps} events of the world in ${seconds.toFixed(1)} s: ` +
      `${Math.round(totals.orders / seconds)} orders/s (${Math.round(totals.orders / busy)} per second of processor time)\n`,
  );
  for (const { seed } of totals.violations.slice(0, 1)) await showShrunk(seed, orders);
  const never = totals.runs >= ENOUGH_FOR_EVERY_FAULT ? neverStruck(totals) : [];
  if (never.length > 0) process.stdout.write(`These faults never struck, so nothing is known about them: ${never.join('; ')}\n`);
  if (hashed) process.stdout.write(`Trace hash ${totals.traceHash}\n`);
  process.stdout.write(`${totals.violations.length} violations\n`);
  return totals.violations.length > 0 || never.length > 0 ? 1 : 0;
}

function neverHitList({ cells }: Totals): string {
  const never = neverHit(cells);
  return never.length === 0 ? 'Every cell was hit.' : `Never hit (${never.length}): ${never.join('; ')}`;
}

async function showSeed({ seed, orders, hashed }: ManyRuns): Promise<number> {
  const { violation, trace, traceHash } = await runSeed(seed, { orders, traced: true, hashed });
  process.stdout.write(
    `${traceTable(trace)}\n\n${traceHash === undefined ? '' : `Trace hash ${traceHash}\n`}${violation === undefined ? 'No rule is broken.' : `Violation of "${violation.rule}"`}\n`,
  );
  return violation === undefined ? 0 : 1;
}

/** Shows the shortest run that still breaks the rule, and how to see it again. */
async function showShrunk(seed: number, orders: number): Promise<void> {
  const made: number[] = [];
  const first = await runSeed(seed, { orders }, made);
  const shrunk = await shrink(made, first, (candidate) => runAgain(candidate, { orders }));
  const { trace, violation } = await runAgain(shrunk.made, { orders, traced: true });
  process.stdout.write(`
Seed ${seed} breaks "${violation?.rule}": ${violation?.detail}
Shrunk from ${first.steps} to ${shrunk.result.steps} events in ${shrunk.attempts} attempts:

${traceTable(trace)}

${sequenceDiagram(trace)}

Again, as it was:  npm run simulate -- --seed ${seed} --runs 1 --orders ${orders} --trace
Again, shrunk:     npm run simulate -- --orders ${orders} --replay ${encodeChoices(shrunk.made)}

`);
}
