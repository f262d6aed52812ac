import type { DataSource } from 'typeorm';
import type { ServiceConfig } from '../../config/index.js';
import { keepPartitions, type PgStore, type Retention } from '../../db/index.js';
import type { Logger } from '../../logging/index.js';
import { type Clock, reasonOf } from '../../pipeline/index.js';
import type { Metrics } from '../../telemetry/index.js';
import type { Part } from '../part.js';

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

interface Kept {
  readonly config: ServiceConfig;
  readonly retention?: readonly Retention[];
}

interface Housekeeper {
  readonly dataSource: DataSource;
  readonly store: PgStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * A dead letter may be sent again until it first failed `INBOX_RETENTION_DAYS` ago. Steps that have handled it did so a little earlier, and it
 * arrives a little later.
 */
const INBOX_MARGIN_DAYS = 1;

/**
 * No row is forgotten sooner than that its event has been handled: a duplicate would find neither. What is only emptied still says that
 * it was there.
 */
function rulesOf({ config, retention = [] }: Kept): Retention[] {
  const shortest = config.inboxRetentionDays + INBOX_MARGIN_DAYS;
  const inbox = { table: 'inbox', column: 'handled_at', days: shortest };
  const daysOf = ({ days, empty }: Retention) => (days === 0 || empty !== undefined ? days : Math.max(days, shortest));
  return [inbox, ...retention.map((rule) => ({ ...rule, days: daysOf(rule) }))];
}

/**
 * Does, at once and then an hour after it was done, what is due; deletes what the rules no longer keep: page by page, with a pause in between.
 *
 * @returns stops it, and waits for what is under way
 */
export function housekeeping({ rules, clock, before, deleteOld, deleted, failed }: HousekeepingOptions): () => Promise<void> {
  let stopped = false;
  let cancel: (() => void) | undefined;
  const pause = () => new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));

  async function apply(rule: Retention): Promise<void> {
    while (!stopped) {
      const rows = await deleteOld(rule, PAGE);
      deleted(rule.table, rows);
      if (rows < PAGE) return;
      await pause();
    }
  }

  async function run(): Promise<void> {
    await before().catch((error: unknown) => failed('event_log', error));
    for (const rule of rules) {
      if (rule.days > 0) await apply(rule).catch((error: unknown) => failed(rule.table, error));
    }
    if (!stopped) cancel = clock.after(EVERY_MS, again);
  }

  let running = run();
  function again(): void {
    running = run();
  }
  return () => {
    stopped = true;
    cancel?.();
    return running;
  };
}

/** Deletes old rows by the rule of each table, and keeps the partitions of the log. */
export function housekeepingPart(kept: Kept, { dataSource, store, clock, metrics, logger }: Housekeeper): Part {
  let stop: (() => Promise<void>) | undefined;
  return {
    name: 'housekeeping',
    async start() {
      stop = housekeeping({
        rules: rulesOf(kept),
        clock,
        async before() {
          for (const name of await keepPartitions(dataSource, kept.config.logRetentionDays))
            logger.info('a month of the log was dropped, as it was older than LOG_RETENTION_DAYS', { table: name });
        },
        deleteOld: (rule, limit) => store.deleteOld(rule, limit),
        deleted: metrics.deleted,
        failed: (table, error) =>
          logger.warn(`old rows of ${table} could not be deleted; it is tried again in an hour`, { reason: reasonOf(error) }),
      });
    },
    stop: () => stop?.(),
  };
}
