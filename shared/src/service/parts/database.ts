import type { DataSource, MigrationInterface } from 'typeorm';
import type { ServiceConfig } from '../../config/index.js';
import {
  createDataSource,
  DatabaseClock,
  databaseCheck,
  ensureDatabase,
  entityOf,
  keepPartitions,
  kitMigrations,
  mayVacuum,
  migrate,
  PgStore,
  translate,
} from '../../db/index.js';
import type { Logger } from '../../logging/index.js';
import { reasonOf } from '../../pipeline/index.js';
import type { Table } from '../../rows/index.js';
import { definitions } from '../../telemetry/index.js';
import type { Part } from '../part.js';
import { explainDatabase } from '../start-error.js';

/** Two for the store, one for a record of answers, the rest for reading routes. */
const POOL_SIZE = 10;

export interface DatabasePart extends Part {
  readonly dataSource: DataSource;
  readonly store: PgStore;
  /** Once started. */
  readonly clock: DatabaseClock;
}

/** The service's own database: created when missing and migrated if its role may do so, its clock, and the pipeline's store. */
export function databasePart(
  config: ServiceConfig,
  tables: readonly Table[],
  migrations: readonly (new () => MigrationInterface)[],
  logger: Logger,
): DatabasePart {
  const dataSource = createDataSource({
    url: config.postgresUrl,
    applicationName: config.service,
    entities: tables.map((each) => entityOf(each)),
    migrations: [...kitMigrations, ...migrations],
    poolSize: POOL_SIZE,
  });
  const store = new PgStore(dataSource);
  const clock = new DatabaseClock(dataSource);
  const leaveVacuum = () => {
    store.leaveToAutovacuum();
    logger.warn(
      'this role may not vacuum the outbox, which is left to autovacuum: under load it grows more (PostgreSQL 17: grant maintain)',
    );
  };
  const outbox = async () => {
    const [row]: { entries: number }[] = await dataSource.query('select count(*)::int as entries from outbox');
    return row?.entries ?? 0;
  };
  const oldest = async () => {
    const [row]: { seconds: number }[] = await dataSource.query(
      'select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as seconds from outbox',
    );
    return row?.seconds ?? 0;
  };
  return {
    name: 'database',
    dataSource,
    store,
    clock,
    async start() {
      try {
        await ensureDatabase(config.postgresUrl);
        await dataSource.initialize();
        await migrate(dataSource);
        // Before the first event: a service that was off for months has none for this one.
        await keepPartitions(dataSource, 0).catch((error: unknown) => {
          // They are looked after again with the housekeeping; until then events stand in the default one.
          logger.warn("the log's partitions could not be looked after", { reason: reasonOf(translate(error)) });
        });
        if (!(await mayVacuum(dataSource))) leaveVacuum();
        await clock.start();
      } catch (error) {
        throw explainDatabase(error, config);
      }
    },
    async stop() {
      clock.stop();
      await store.close();
      if (dataSource.isInitialized) await dataSource.destroy();
    },
    checks: [{ ...databaseCheck(dataSource, store), of: 'commands' }],
    gauges: [
      { ...definitions.outbox, read: outbox },
      { ...definitions.outboxAge, read: oldest },
    ],
  };
}
