import type { DataSource } from 'typeorm';
import type { Clock } from '../pipeline/index.js';

const SYNCHRONISE_EVERY_MS = 10_000;
/** An answer that took longer says too little of when it was given: it may be wrong by half of that. Milliseconds. */
const LONGEST_TRIP_MS = 200;
/** How far two clocks that nobody sets may part, of the time that goes by: such an answer is taken when nothing better has come for long. */
const DRIFT = 2e-4;

const afterMs = (milliseconds: number, action: () => void) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

/**
 * The time of the database, so that all replicas agree on it and a process whose clock is wrong does no harm. Asked for at the start and
 * every ten seconds; in between the process's monotonic clock goes on, which nobody sets. Right to half a round trip, of which long ones do not
 * count. It may go back by as much, and as far as somebody sets the database's clock: `elapsed` never does.
 */
export class DatabaseClock implements Clock {
  readonly #dataSource: DataSource;
  /** Milliseconds since 1970 when the monotonic clock stood at 0. */
  #origin = performance.timeOrigin;
  /** When it was last set, by the monotonic clock, and how long the answer took. */
  #set: { readonly at: number; readonly trip: number } | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  /** It has the process's time until it is started. */
  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** @throws the database's error when it cannot be asked */
  async start(): Promise<void> {
    await this.#synchronise();
    this.#synchroniseLater();
  }

  now(): Date {
    return new Date(this.#origin + performance.now());
  }

  elapsed(): number {
    return performance.now();
  }

  after(milliseconds: number, action: () => void): () => void {
    return afterMs(milliseconds, action);
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #synchronise(): Promise<void> {
    const asked = performance.now();
    const [row]: { now: number }[] = await this.#dataSource.query(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
    );
    const answered = performance.now();
    const trip = answered - asked;
    if (row === undefined || trip > this.#longestTrip(answered)) return;
    this.#origin = row.now - (asked + answered) / 2;
    this.#set = { at: answered, trip };
  }

  /** The first answer counts in any case. */
  #longestTrip(now: number): number {
    if (this.#set === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(LONGEST_TRIP_MS, this.#set.trip + 2 * DRIFT * (now - this.#set.at));
  }

  #synchroniseLater(): void {
    if (this.#stopped) return;
    this.#cancel = afterMs(SYNCHRONISE_EVERY_MS, () => {
      // While the database is away the monotonic clock goes on by itself.
      this.#synchronise()
        .catch(() => undefined)
        .then(() => this.#synchroniseLater());
    });
  }
}
