import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { createDataSource, entityOf, kitMigrations, migrate, PgStore } from '@quickstep/shared/db';
import type { Changes, OutgoingEvent } from '@quickstep/shared/pipeline';
import {
  type Column,
  type ColumnType,
  integer,
  jsonOrNull,
  type Row,
  type RowOf,
  type Table,
  type TypedTable,
  table,
  textKey,
  textOrNull,
  timeOrNull,
  uuidKey,
} from '@quickstep/shared/rows';
import { eventually, freshDatabase } from '@quickstep/shared/testing';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { v4, v7 } from 'uuid';

const orNull = <Value>(type: ColumnType): Column<Value | null> => ({ type, nullable: true, initial: null, key: false });

/** A table with a column of every type that rows may have. */
export const things = table('things', {
  id: uuidKey(),
  note: textOrNull(),
  code: textOrNull(),
  count: orNull<number>('integer'),
  amount: orNull<number>('bigint'),
  open: orNull<boolean>('boolean'),
  dueAt: timeOrNull(),
  lines: jsonOrNull<unknown>(),
});
export type Thing = RowOf<typeof things>;

export const stock = table('stock', { sku: textKey(), available: integer(0) });
export type Stock = RowOf<typeof stock>;

class TestTables1800000000000 implements MigrationInterface {
  readonly name = 'TestTables1800000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table things (id uuid primary key, note text, code varchar(10), count integer, amount bigint,
      open boolean, due_at timestamptz, lines jsonb)`);
    await runner.query('create index on things (due_at)');
    await runner.query('create table stock (sku text primary key, available integer not null check (available >= 0))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table stock, things');
  }
}

export const migrations = [...kitMigrations, TestTables1800000000000];

export function dataSourceOf(url: string, statementTimeout = 30_000, askAfter = 5_000): DataSource {
  const entities = [entityOf(things), entityOf(stock)];
  const times = { statementTimeout, askAfter };
  return createDataSource({ url, applicationName: 'db-test', entities, migrations, poolSize: 10, ...times });
}

/** A migrated database of the test file's own; the undo closes and drops it. */
export async function migratedDatabase(): Promise<{ dataSource: DataSource; url: string; drop(): Promise<void> }> {
  const database = await freshDatabase();
  const dataSource = dataSourceOf(database.url);
  await dataSource.initialize();
  await migrate(dataSource);
  const drop = async () => {
    await dataSource.destroy();
    await database.drop();
  };
  return { dataSource, url: database.url, drop };
}

/** For every test of the file: an empty database, and two stores on it as two replicas have them. */
export function twoStores(take: (made: { dataSource: DataSource; url: string; store: PgStore; other: PgStore }) => void): void {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let stores: PgStore[] = [];
  beforeAll(async () => {
    database = await migratedDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    const { dataSource, url } = database;
    const [store, other] = [new PgStore(dataSource), new PgStore(dataSource)];
    stores = [store, other];
    take({ dataSource, url, store, other });
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await database.dataSource.query('truncate inbox, outbox, event_log, things, stock');
  });
}

/** Rows of a table with every property but the key changed. */
export function changeOf<R extends object>(of: TypedTable<R>, rows: readonly R[]): Changes['updates'][number] {
  return {
    table: of,
    rows: rows.map((row) => Object.assign<Row, R>({}, row)),
    properties: Object.keys(of.columns).filter((property) => property !== of.key),
  };
}

export const claimOf = (eventId: string, step = 'reserve') => ({ step, eventId });

/** Resolves when a session of this database waits for a lock: asks PostgreSQL, as often as it takes. */
export async function someoneWaits(dataSource: DataSource): Promise<void> {
  const text = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  await eventually(async () => (await dataSource.query<unknown[]>(text)).length > 0);
}

export const nothing: Changes = { updates: [], inserts: [], withdrawn: [], outbox: undefined, published: [] };

export function outgoing(type: string, { final = false, subject = v4(), note = '' } = {}): OutgoingEvent {
  const id = v7();
  const event: OutgoingEvent['event'] = {
    specversion: '1.0',
    id,
    type,
    source: '/test',
    subject,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: 'urn:test',
    dataversion: '1.0',
    correlationid: subject,
    causationid: id,
    tenantid: 'default',
    idempotencykey: `${id}:test:0`,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    data: { note },
  };
  return { event, body: JSON.stringify(event), final };
}

const row = (typed: Thing | Stock): Row => ({ ...typed });

export async function insert(store: PgStore, table: Table, ...rows: (Thing | Stock)[]): Promise<void> {
  const batch = await store.begin([], []);
  await batch.commit({ ...nothing, inserts: [{ table, rows: rows.map(row) }] });
}

export async function load(store: PgStore, table: Table, ...keys: string[]): Promise<readonly Row[] | undefined> {
  const batch = await store.begin([], [{ table, keys, lock: true }]);
  await batch.rollback();
  return batch.rows[0];
}
