export { arrayLiteral } from './array-literal.js';
export { PgBindingRecord, QueueDeclarations1760000000000 } from './binding-record.js';
export { type CatchUpFrom, type Missed, PgCatchUp } from './catch-up.js';
export { createDataSource, type DataSourceOptions, migrate, migrateDatabase } from './data-source.js';
export { ensureDatabase, withClient } from './database.js';
export { databaseCheck } from './database-check.js';
export { DatabaseClock } from './database-clock.js';
export { entityOf } from './entity.js';
export { translate } from './errors.js';
export {
  LOG_BEGINNING,
  LOG_PAGE_BYTES,
  type LogEntry,
  type LogFilter,
  type LogPosition,
  logCursorOf,
  logPositionOf,
  PgEventLog,
} from './event-log.js';
export { keepPartitions } from './event-log-partitions.js';
export type { Statement } from './exchange.js';
export { digestOfBoth, type IdDigest, type IdRange, idBounds, isSameDigest, NO_IDS, selectDigest } from './id-digest.js';
export { IdempotencySecret1760000000000, idempotencySecret } from './idempotency-secret.js';
export { kitMigrations } from './kit-migrations.js';
export { mayVacuum } from './outbox-vacuum.js';
export { PgStore } from './pg-store.js';
export { keep, type Retention } from './retention.js';
export { Session } from './session.js';
export { TableStatements } from './statements.js';
