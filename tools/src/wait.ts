import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted, Problem } from './problem.js';

export interface WaitOptions {
  timeoutMs: number;
  everyMs?: number;
  signal?: AbortSignal | undefined;
  /** Completes the sentence "... after 60 s". */
  failure: string;
}

/** Polls until the probe answers something other than undefined or false. A probe that throws ends the wait. */
export async function until<T>(probe: () => Promise<T | undefined | false>, options: WaitOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  while (Date.now() < deadline) {
    if (options.signal?.aborted) throw new Interrupted();
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    await sleep(options.everyMs ?? 50);
  }
  throw new Problem(`${options.failure} after ${Math.round(options.timeoutMs / 1000)} s`);
}

/** The response, or undefined when nobody answers (yet). */
export async function tryFetch(url: string, init: RequestInit = {}): Promise<Response | undefined> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
}
