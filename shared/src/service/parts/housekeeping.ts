import type { DataSource } from 'typeorm';
import type { ServiceConfig } from '../../config/index.js';
import { keepPartitions, type PgStore, type Retention } from '../../db/index.js';
import type { Logger } from '../../logging/index.js';
import type { Clock } from '../../pipeline/index.js';
import { reasonOf } from '../../pipeline/index.js';
import type { Metrics } from '../../telemetry/index.js';
import { housekeeping } from '../housekeeping.js';
import type { Part } from '../part.js';

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
