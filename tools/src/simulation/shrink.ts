import type { RunResult } from './world.js';

export interface Shrunk {
  readonly made: readonly number[];
  readonly result: RunResult;
  /** Runs that it took. */
  readonly attempts: number;
}

interface Search {
  best: readonly number[];
  result: RunResult;
  attempts: number;
  events: number;
}

const ATTEMPTS = 1_500;
/** Events of the world in all attempts together: a minute or so. */
const EVENTS = 3_000_000;

/**
 * Looks for a shorter run that breaks the same rule: decisions are taken out or made calm, in ever smaller pieces, and what still
 * fails with fewer steps is kept (after Zeller's delta debugging, on decisions instead of on input, as Hypothesis does).
 *
 * @param again runs a world with given decisions
 */
export async function shrink(
  made: readonly number[],
  result: RunResult,
  again: (made: readonly number[]) => Promise<RunResult>,
): Promise<Shrunk> {
  const search: Search = { best: trimmed(made), result, attempts: 0, events: 0 };
  const keeps = async (candidate: readonly number[]) => {
    if (search.attempts >= ATTEMPTS || search.events >= EVENTS) return false;
    search.attempts++;
    const tried = await again(candidate);
    search.events += tried.steps;
    const same = tried.violation?.rule === search.result.violation?.rule;
    if (!same || !isSmaller(candidate, tried, search)) return false;
    search.best = trimmed(candidate);
    search.result = tried;
    return true;
  };
  await shorten(search, keeps);
  for (let before = Number.POSITIVE_INFINITY; search.best.length < before && search.attempts < ATTEMPTS; ) {
    before = search.best.length;
    for (let size = Math.ceil(before / 2); size >= 1; size = Math.floor(size / 2)) await sweep(search, size, keeps);
  }
  return { made: search.best, result: search.result, attempts: search.attempts };
}

type Keeps = (candidate: readonly number[]) => Promise<boolean>;

/** Cuts off the end: everything is calm there. */
async function shorten(search: Search, keeps: Keeps): Promise<void> {
  for (let cut = search.best.length >> 1; cut >= 1; cut >>= 1) {
    while (cut < search.best.length && (await keeps(search.best.slice(0, -cut))));
  }
}

/** Takes out, or else makes calm, every piece of a size. */
async function sweep(search: Search, size: number, keeps: Keeps): Promise<void> {
  for (let start = search.best.length - size; start > -size; start -= size) {
    const from = Math.max(start, 0);
    const piece = search.best.slice(from, start + size);
    if (piece.length === 0) continue;
    const [head, tail] = [search.best.slice(0, from), search.best.slice(from + piece.length)];
    if (await keeps([...head, ...tail])) continue;
    if (piece.some((value) => value !== 0)) await keeps([...head, ...piece.map(() => 0), ...tail]);
  }
}

function isSmaller(candidate: readonly number[], { steps }: RunResult, { best, result }: Search): boolean {
  const [weight, bestWeight] = [wild(candidate), wild(best)];
  if (steps !== result.steps) return steps < result.steps;
  return weight < bestWeight || (weight === bestWeight && trimmed(candidate).length < best.length);
}

const wild = (made: readonly number[]) => made.filter((value) => value !== 0).length;

function trimmed(made: readonly number[]): readonly number[] {
  const last = made.findLastIndex((value) => value !== 0);
  return made.slice(0, last + 1);
}
