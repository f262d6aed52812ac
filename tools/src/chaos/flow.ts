import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted } from '../problem.js';

/** Orders end at a normal rate when, within a second, this share of those that are placed in a second do. */
const NORMAL = 0.7;
const WINDOW_MS = 1_000;
const LOOK_EVERY_MS = 100;

/**
 * When the flow was normal again: the first order that ended at this moment or later with, in the second from it on, at least 70 % of
 * the usual number. Undefined when that has not been seen yet.
 *
 * @param endings in order
 * @param rate orders per second
 */
export function normalFrom(endings: readonly number[], since: number, rate: number): number | undefined {
  const needed = Math.max(1, Math.floor(rate * NORMAL));
  const first = endings.findIndex((at) => at >= since);
  for (let index = first; index >= 0 && index + needed - 1 < endings.length; index++) {
    const [begin = 0, end = 0] = [endings[index], endings[index + needed - 1]];
    if (end - begin < WINDOW_MS) return begin;
  }
  return undefined;
}

/** Waits for it. @returns seconds after `since`; undefined when it did not come within the limit */
export async function recovered(
  endings: readonly number[],
  since: number,
  rate: number,
  limitMs: number,
  signal?: AbortSignal,
): Promise<number | undefined> {
  for (const deadline = performance.now() + limitMs; performance.now() < deadline; await sleep(LOOK_EVERY_MS)) {
    const at = normalFrom(endings, since, rate);
    if (at !== undefined) return (at - since) / 1_000;
    if (signal?.aborted) throw new Interrupted();
  }
  return undefined;
}
