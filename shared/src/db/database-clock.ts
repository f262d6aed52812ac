import type { DataSource } from 'typeorm';
import type { Clock } from '../pipeline/index.js';

const SYNCHRONISE_EVERY_MS = 10_000;

const afterMs = (milliseconds: number, action: () => void) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

/**
 * The time of the database, so that all replicas agree on it and a process whose clock is wrong does no harm. Asked for at the start and
 * every ten seconds; in between the process's monotonic clock goes on, which nobody sets. Right to half a round trip.
 */
export class DatabaseClock implements Clock {
  readonly #dataSource: DataSource;
  /** Milliseconds since 1970 when the monotonic clock stood at 0. */
  #origin = performance.timeOrigin;
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
    if (row !== undefined) this.#origin = row.now - (asked + performance.now()) / 2;
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
