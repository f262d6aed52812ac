import type { Key } from '../rows/index.js';

interface Entry {
  readonly failures: number;
  /** By the clock of whoever says what time it is: one that nobody sets. */
  readonly until: number;
}

/** The longest that a row is left alone, in milliseconds. */
const LONGEST = 300_000;
/** A row that was not tried again for so long after that has been dealt with by somebody else. */
const FORGOTTEN_AFTER = 3_600_000;
/** More than these are not remembered: the oldest is tried again sooner. */
const REMEMBERED = 10_000;

/** Rows that failed. Each is left alone for a while, longer each time, so that it does not take its place from those behind it. */
export class Postponed {
  readonly #entries = new Map<Key, Entry>();
  readonly #first: number;

  /** @param first how long a row is left alone after its first failure, in milliseconds; doubled with each */
  constructor(first: number) {
    this.#first = first;
  }

  failed(key: Key, now: number): void {
    const failures = (this.#entries.get(key)?.failures ?? 0) + 1;
    this.#entries.delete(key);
    this.#entries.set(key, { failures, until: now + Math.min(LONGEST, this.#first * 2 ** (failures - 1)) });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > REMEMBERED && oldest !== undefined) this.#entries.delete(oldest);
  }

  succeeded(key: Key): void {
    this.#entries.delete(key);
  }

  /** Those that are left alone at this moment. */
  waiting(now: number): Key[] {
    for (const [key, { until }] of this.#entries) if (until + FORGOTTEN_AFTER < now) this.#entries.delete(key);
    return [...this.#entries].flatMap(([key, { until }]) => (until > now ? [key] : []));
  }
}
