import { setTimeout as pause } from 'node:timers/promises';

/** What work answers, or what `late` does once it has taken so many milliseconds; rejects as either of them does. */
export async function inTime<Result, Late>(
  milliseconds: number,
  work: () => Result | Promise<Result>,
  late: () => Late,
): Promise<Result | Late> {
  const ended = new AbortController();
  const over = pause(milliseconds, undefined, { signal: ended.signal }).then(late);
  try {
    return await Promise.race([Promise.resolve().then(work), over]);
  } finally {
    ended.abort();
  }
}
