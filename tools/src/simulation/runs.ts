import { ReplayedChoices, SeededChoices } from './choices.js';
import { crashMoments, faultNames } from './faults.js';
import type { Violation } from './rules.js';
import { drawScenario } from './scenario.js';
import type { Tampering } from './tampering.js';
import { type RunResult, World } from './world.js';

export interface RunOptions {
  /** Orders in one world at most. */
  readonly orders: number;
  readonly tampering?: Tampering;
  readonly traced?: boolean;
}

/** One world, decided by a seed. @param made takes down every decision */
export function runSeed(seed: number, options: RunOptions, made?: number[]): Promise<RunResult> {
  return run(new SeededChoices(seed, made), options);
}

/** One world, decided as another was. */
export function runAgain(made: readonly number[], options: RunOptions): Promise<RunResult> {
  return run(new ReplayedChoices(made), options);
}

function run(choices: SeededChoices | ReplayedChoices, { orders, ...options }: RunOptions): Promise<RunResult> {
  return new World(drawScenario(choices, orders), choices, options).run();
}

/** Many worlds taken together. */
export interface Totals {
  runs: number;
  orders: number;
  steps: number;
  readonly counts: Map<string, number>;
  readonly violations: { readonly seed: number; readonly violation: Violation }[];
}

export const noTotals = (): Totals => ({ runs: 0, orders: 0, steps: 0, counts: new Map(), violations: [] });

export function addRun(totals: Totals, seed: number, { orders, steps, counts, violation }: RunResult): void {
  totals.runs++;
  totals.orders += orders;
  totals.steps += steps;
  for (const [what, count] of counts) totals.counts.set(what, (totals.counts.get(what) ?? 0) + count);
  if (violation !== undefined) totals.violations.push({ seed, violation });
}

export function merge(into: Totals, totals: Totals): void {
  into.runs += totals.runs;
  into.orders += totals.orders;
  into.steps += totals.steps;
  for (const [what, count] of totals.counts) into.counts.set(what, (into.counts.get(what) ?? 0) + count);
  into.violations.push(...totals.violations);
}

/** Faults that never struck: runs without them prove nothing about them. */
export function neverStruck({ counts }: Totals): string[] {
  return [...faultNames, ...Object.keys(crashMoments)].filter((fault) => !counts.has(fault));
}

/** Runs one seed after the other, until one breaks a rule or `stopped` says so. */
export async function runSeeds(
  first: number,
  count: number,
  options: RunOptions,
  onRun?: (totals: Totals) => boolean,
): Promise<Totals> {
  const totals = noTotals();
  for (let seed = first; seed < first + count; seed++) {
    addRun(totals, seed, await runSeed(seed, options));
    if (totals.violations.length > 0 || onRun?.(totals) === false) break;
  }
  return totals;
}
