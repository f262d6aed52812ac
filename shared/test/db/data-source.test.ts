import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDataSource, ensureDatabase, entityOf, migrate, migrateDatabase } from '@quickstep/shared/db';
import { eventually, type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';
import type { MigrationInterface } from 'typeorm';
import { dataSourceOf, migrations, things } from './fixture.js';
import { wireTo } from './wire.js';

/** Roles are of the whole server: no two tests may make the same. */
const token = () => randomUUID().slice(0, 8);

let database: FreshDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('replicas may migrate at the same time, and migrations can be undone', async () => {
  const replicas = [1, 2, 3].map(() => dataSourceOf(database.url));
  await Promise.all(replicas.map((replica) => replica.initialize()));
  await Promise.all(replicas.map(migrate));
  const [first] = replicas;
  expect(await first?.query('select name from migrations order by name')).toEqual(
    migrations.map(({ name }) => ({ name })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
  for (const _ of migrations) await first?.undoLastMigration();
  expect(await first?.query("select tablename from pg_tables where schemaname = 'public'")).toEqual([
    { tablename: 'migrations' },
  ]);
  const left =
    'select proname as name from pg_proc where pronamespace = $1::regnamespace union all select sequencename from pg_sequences';
  expect(await first?.query(left, ['public'])).toEqual([{ name: 'migrations_id_seq' }]);
  await Promise.all(replicas.map((replica) => replica.destroy()));
});

test('bigints are numbers here and stay text for everybody else; one beyond 2^53 is refused', async () => {
  const dataSource = dataSourceOf(database.url);
  await dataSource.initialize();
  expect(
    await dataSource.query('select 9007199254740991::bigint as big, current_setting($1) as name', ['application_name']),
  ).toEqual([{ big: 9_007_199_254_740_991, name: 'db-test' }]);
  await expect(dataSource.query('select 9007199254740992::bigint')).rejects.toThrow('beyond 2^53');
  expect(await dataSource.query('select 1 as one')).toEqual([{ one: 1 }]);
  await migrate(dataSource);
  await dataSource.getRepository(entityOf(things)).insert({ id: '0193a4b0-0000-7000-8000-000000000000', amount: 2 ** 40 });
  expect(await dataSource.getRepository(entityOf(things)).findOneBy({ amount: 2 ** 40 })).toMatchObject({ amount: 2 ** 40 });
  await dataSource.destroy();
});

test('a statement that takes too long is cancelled', async () => {
  const options = { url: database.url, applicationName: 'db-test', entities: [], migrations: [], poolSize: 1 };
  // Long enough for what TypeORM asks at its start, on a busy machine too.
  const dataSource = createDataSource({ ...options, statementTimeout: 2_000 });
  await dataSource.initialize();
  await expect(dataSource.query('select pg_sleep(60)')).rejects.toThrow('statement timeout');
  await dataSource.destroy();
});

test('a connection that breaks while idle does no harm', async () => {
  const [victim, killer] = [dataSourceOf(database.url), dataSourceOf(database.url)];
  await Promise.all([victim.initialize(), killer.initialize()]);
  const [{ pid }] = await victim.query<[{ pid: number }]>('select pg_backend_pid() as pid');
  await killer.query('select pg_terminate_backend($1, 5000)', [pid]);
  await victim.query('select 1').catch(() => undefined);
  expect(await victim.query('select 1 as one')).toEqual([{ one: 1 }]);
  await Promise.all([victim.destroy(), killer.destroy()]);
});

test('a missing database is created, by several at once too, and an existing one is left alone', async () => {
  const url = new URL(database.url);
  url.pathname += '-"odd" name';
  await Promise.all([1, 2, 3].map(() => ensureDatabase(url.href)));
  await ensureDatabase(url.href);
  const created = dataSourceOf(url.href);
  await created.initialize();
  expect(await created.query('select current_database() as name')).toEqual([{ name: decodeURIComponent(url.pathname.slice(1)) }]);
  await created.destroy();
  const cleaner = dataSourceOf(database.url);
  await cleaner.initialize();
  await cleaner.query(`drop database "${decodeURIComponent(url.pathname.slice(1)).replaceAll('"', '""')}" with (force)`);
  await cleaner.destroy();
});

test('a connection that breaks while a database is made ends nothing but the attempt', async () => {
  const line = await wireTo(database.url);
  const url = new URL(line.url);
  url.pathname += '_never_made';
  line.breakAt('create database');
  await expect(ensureDatabase(url.href)).rejects.toThrow('Connection terminated unexpectedly');
  line.close();
});

test('a role that may not create databases is told what to run', async () => {
  const admin = dataSourceOf(database.url);
  await admin.initialize();
  const role = `weak_${token()}`;
  await admin.query(`create role ${role} login password 'weak'`);
  const url = new URL(database.url);
  Object.assign(url, { username: role, password: 'weak', pathname: '/missing_shop' });
  await expect(ensureDatabase(url.href)).rejects.toThrow(
    `As an administrator run: create database "missing_shop" owner "${role}";`,
  );
  await admin.query(`drop role ${role}`);
  await admin.destroy();
});

test('a database that lets the role not in is not missing', async () => {
  const fresh = await freshDatabase();
  const owner = dataSourceOf(fresh.url);
  await owner.initialize();
  const role = `outsider_${token()}`;
  await owner.query(`create role ${role} login password 'weak'`);
  const url = new URL(fresh.url);
  await owner.query(`revoke connect on database "${url.pathname.slice(1)}" from public`);
  Object.assign(url, { username: role, password: 'weak' });
  await expect(ensureDatabase(url.href)).rejects.toThrow('permission denied for database');
  await owner.query(`drop role ${role}`);
  await owner.destroy();
  await fresh.drop();
});

/** A database with a role that may log in and not change the schema. */
async function databaseWithReader() {
  const fresh = await freshDatabase();
  const owner = dataSourceOf(fresh.url);
  await owner.initialize();
  const role = `reader_${token()}`;
  await owner.query(`create role ${role} login password 'weak'`);
  await owner.query('revoke create on schema public from public');
  const url = new URL(fresh.url);
  Object.assign(url, { username: role, password: 'weak' });
  return { fresh, owner, role, url };
}

class Unnamed1900000000000 implements MigrationInterface {
  async up(): Promise<void> {}
  async down(): Promise<void> {}
}

class Other1900000000001 extends Unnamed1900000000000 {
  readonly name = 'Renamed1900000000001';
}

test('a migration that has not run is named as the table of migrations will name it', async () => {
  const { fresh, owner, role, url } = await databaseWithReader();
  const options = {
    applicationName: 'db-test',
    entities: [],
    migrations: [Unnamed1900000000000, Other1900000000001],
    poolSize: 1,
  };
  const reader = createDataSource({ ...options, url: url.href });
  await reader.initialize();
  await expect(migrate(reader)).rejects.toThrow('have not run (Unnamed1900000000000, Renamed1900000000001)');
  await migrateDatabase(fresh.url, options.migrations);
  await owner.query(`grant select on migrations to ${role}`);
  await migrate(reader);
  await reader.destroy();
  await owner.query(`drop owned by ${role}`);
  await owner.query(`drop role ${role}`);
  await owner.destroy();
  await fresh.drop();
});

test('a table has one entity, whoever asks', () => {
  expect(entityOf(things)).toBe(entityOf(things));
});

test('a role that may not change the schema looks whether all migrations have run, and names those that have not', async () => {
  const { fresh, owner, role, url } = await databaseWithReader();
  const reader = dataSourceOf(url.href);
  await reader.initialize();
  const named = migrations.map(({ name }) => name).join(', ');
  await expect(migrate(reader)).rejects.toThrow(`migrations have not run (${named}), and this role may not run them`);
  await migrate(owner);
  await owner.query(`grant select on migrations to ${role}`);
  await migrate(reader);
  await owner.query("delete from migrations where name = 'TestTables1800000000000'");
  await expect(migrate(reader)).rejects.toThrow('migrations have not run (TestTables1800000000000)');
  await reader.destroy();
  await owner.query(`drop owned by ${role}`);
  await owner.query(`drop role ${role}`);
  await owner.destroy();
  await fresh.drop();
});

test('a database is made and migrated in one go, and once', async () => {
  const url = new URL(database.url);
  url.pathname += '_whole';
  for (let time = 0; time < 2; time++) await migrateDatabase(url.href, migrations);
  const made = dataSourceOf(url.href);
  await made.initialize();
  expect(await made.query('select 1 from things')).toEqual([]);
  expect(await made.query('select count(*) as count from migrations')).toEqual([{ count: migrations.length }]);
  // Whoever made and migrated it has let go of it: a session that has ended is listed for a moment.
  const others = 'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
  await eventually(async () => (await made.query<unknown[]>(others)).length === 0);
  await made.destroy();
  const cleaner = dataSourceOf(database.url);
  await cleaner.initialize();
  await cleaner.query(`drop database "${url.pathname.slice(1)}" with (force)`);
  await cleaner.destroy();
});

test('a URL without a database is refused', async () => {
  await expect(ensureDatabase('postgres://user:password@host')).rejects.toThrow('names no database');
});
