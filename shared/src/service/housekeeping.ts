import type { Retention } from '../db/index.js';
import type { Clock } from '../pipeline/index.js';
import { repeat } from './repeat.js';

export interface HousekeepingOptions {
  readonly rules: readonly Retention[];
  readonly clock: Clock;
  /** What else is due as often, done first. */
  before(): Promise<void>;
  /** Deletes rows that a rule no longer keeps, at most so many; resolves to how many they were. */
  deleteOld(rule: Retention, limit: number): Promise<number>;
  deleted(table: string, rows: number): void;
  failed(table: string, error: unknown): void;
}

const EVERY_MS = 3_600_000;
/** A statement that deletes millions would hold up everything behind it on its connection. */
const PAGE = 5_000;
const PAUSE_MS = 100;

/** Does, at once and then every hour, what is due; deletes what the rules no longer keep: page by page, with a pause in between. The result stops it. */
export function housekeeping({ rules, clock, before, deleteOld, deleted, failed }: HousekeepingOptions): () => Promise<void> {
  let stopped = false;
  const pause = () => new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));

  async function apply(rule: Retention): Promise<void> {
    while (!stopped) {
      const rows = await deleteOld(rule, PAGE);
      deleted(rule.table, rows);
      if (rows < PAGE) return;
      await pause();
    }
  }

  const stop = repeat(clock, EVERY_MS, async () => {
    await before().catch((error: unknown) => failed('event_log', error));
    for (const rule of rules) {
      if (rule.days > 0) await apply(rule).catch((error: unknown) => failed(rule.table, error));
    }
  });
  return () => {
    stopped = true;
    return stop();
  };
}
