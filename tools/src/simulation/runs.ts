import { createHash } from 'node:crypto';
import { ReplayedChoices, SeededChoices } from './choices.js';
import { crashMomentNames, faultNames } from './faults.js';
import type { Violation } from './rules.js';
import { drawScenario } from './scenario.js';
import type { Tampering } from './tampering.js';
import { type RunResult, World } from './world.js';

export interface RunOptions {
  /** Orders in one world at most. */
  readonly orders: number;
  readonly tampering?: Tampering;
  readonly traced?: boolean;
  readonly hashed?: boolean;
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
  /** Of all traces, whatever the order in which they ran; hexadecimal. */
  traceHash: string;
  readonly counts: Map<string, number>;
  readonly cells: Map<string, number>;
  readonly violations: { readonly seed: number; readonly violation: Violation }[];
}

const NO_HASH = '0'.repeat(64);

export const noTotals = (): Totals => ({
  runs: 0,
  orders: 0,
  steps: 0,
  traceHash: NO_HASH,
  counts: new Map(),
  cells: new Map(),
  violations: [],
});

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** The same in whatever order hashes are mixed. */
function mixed(one: string, other: string): string {
  return (BigInt(`0x${one}`) ^ BigInt(`0x${other}`)).toString(16).padStart(64, '0');
}

function addAll(into: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [what, count] of counts) into.set(what, (into.get(what) ?? 0) + count);
}

export function addRun(totals: Totals, seed: number, { orders, steps, counts, cells, violation, traceHash }: RunResult): void {
  totals.runs++;
  totals.orders += orders;
  totals.steps += steps;
  addAll(totals.counts, counts);
  addAll(totals.cells, cells);
  if (traceHash !== undefined) totals.traceHash = mixed(totals.traceHash, hashOf(`${seed} ${traceHash}`));
  if (violation !== undefined) totals.violations.push({ seed, violation });
}

export function merge(into: Totals, totals: Totals): void {
  into.runs += totals.runs;
  into.orders += totals.orders;
  into.steps += totals.steps;
  addAll(into.counts, totals.counts);
  addAll(into.cells, totals.cells);
  into.traceHash = mixed(into.traceHash, totals.traceHash);
  into.violations.push(...totals.violations);
}

/** Faults that never struck: runs without them prove nothing about them. */
export function neverStruck({ counts }: Totals): string[] {
  return [...faultNames, ...crashMomentNames].filter((fault) => !counts.has(fault));
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
