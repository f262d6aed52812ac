import pg, { type Client, TypeOverrides } from 'pg';
import { DataSource, type EntitySchema, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { ensureDatabase } from './database.js';
import { Watch } from './watch.js';

export interface DataSourceOptions {
  readonly url: string;
  /** The service: shown by `pg_stat_activity` and in the server's log. */
  readonly applicationName: string;
  readonly entities: readonly EntitySchema[];
  /** In the order of their timestamps; the kit's own first. */
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** Connections at most; a store keeps two of them and a ledger one, the rest serves the read routes. */
  readonly poolSize: number;
  /** The server cancels a statement that takes longer, in milliseconds. Default 30 000. */
  readonly statementTimeout?: number;
  /** After so many milliseconds without an answer the server is asked whether the connection is dead. */
  readonly askAfter?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
/** Any number will do, as long as it is always the same: advisory locks are per database. */
const MIGRATION_LOCK = 7_061_726;

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('A bigint beyond 2^53 cannot be read as a number: read it as text');
  return value;
}

/** Per client: pg's global parsers belong to everybody in the process. */
function typeParsers(): TypeOverrides {
  const types = new TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, safeInteger);
  return types;
}

/** TypeORM's data source for PostgreSQL, not yet connected (`initialize` does that): explicit lists, migrations only, no logging. */
export function createDataSource(options: DataSourceOptions): DataSource {
  const watch = new Watch(options.url, options.askAfter);
  return new DataSource({
    type: 'postgres',
    driver: pg,
    url: options.url,
    applicationName: options.applicationName,
    entities: [...options.entities],
    migrations: [...options.migrations],
    poolSize: options.poolSize,
    synchronize: false,
    logging: false,
    installExtensions: false,
    // An idle connection that breaks is no news: the next query gets a new one, or says that the database is away.
    poolErrorHandler: () => undefined,
    extra: {
      types: typeParsers(),
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: options.statementTimeout ?? 30_000,
      verify: (client: Client, done: (error?: unknown) => void) => void watch.over(client).then(() => done(), done),
    },
  });
}

/** Whether this role may change the schema: only then does it migrate. */
async function maySchema(runner: QueryRunner): Promise<boolean> {
  const [row]: { allowed: boolean }[] = await runner.query("select has_schema_privilege('public', 'create') as allowed");
  return row?.allowed === true;
}

/** @throws Error that names the migrations that have not run */
async function checkMigrated(dataSource: DataSource, runner: QueryRunner): Promise<void> {
  const known: { table: string | null }[] = await runner.query("select to_regclass('migrations')::text as table");
  const done: { name: string }[] = known[0]?.table ? await runner.query('select name from migrations') : [];
  const names = new Set(done.map(({ name }) => name));
  const missing = dataSource.migrations
    .map((migration) => migration.name ?? migration.constructor.name)
    .filter((name) => !names.has(name));
  if (missing.length === 0) return;
  throw new Error(
    `migrations have not run (${missing.join(', ')}), and this role may not run them. Run them as the owner of the database: npm run setup (docs/rights.md)`,
  );
}

/**
 * Runs the pending migrations, one process at a time: replicas may start together. The others wait, then find nothing to do. A role that may
 * not change the schema only looks whether all have run.
 *
 * @throws Error when some have not
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    if (!(await maySchema(runner))) return await checkMigrated(dataSource, runner);
    // Waiting for another replica, or rewriting a large table, may well take longer than a statement of the service may.
    await runner.query('set statement_timeout = 0');
    await runner.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await new MigrationExecutor(dataSource, runner).executePendingMigrations();
    } finally {
      await runner.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await runner.query('reset statement_timeout');
    }
  } finally {
    await runner.release();
  }
}

/**
 * Makes the database when it is missing, and runs its migrations; for a role that owns it.
 *
 * @param migrations in the order of their timestamps; the kit's own first
 */
export async function migrateDatabase(url: string, migrations: readonly (new () => MigrationInterface)[]): Promise<void> {
  await ensureDatabase(url);
  const dataSource = createDataSource({ url, applicationName: 'migrations', entities: [], migrations, poolSize: 2 });
  await dataSource.initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
