import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createDataSource } from '@quickstep/shared/db';
import { OutcomeUnknown, Unavailable } from '@quickstep/shared/pipeline';
import { DataSource } from 'typeorm';
import { Connection } from '../../src/db/connection.js';
import { translate } from '../../src/db/errors.js';
import { PgBatch } from '../../src/db/pg-batch.js';
import { Session } from '../../src/db/session.js';
import { TableStatements } from '../../src/db/statements.js';
import { dataSourceOf, migratedDatabase, nothing, stock, things } from './fixture.js';

let dataSource: DataSource;
let url: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  ({ dataSource, url, drop } = await migratedDatabase());
});
afterAll(() => drop());

test('a COMMIT that is answered ROLLBACK is an error', async () => {
  const connection = await Connection.open(dataSource);
  await connection.send([{ text: 'begin' }]);
  await expect(connection.send([{ text: 'select nonsense' }])).rejects.toThrow('nonsense');
  const statementsOf = () => new TableStatements(stock);
  const batch = new PgBatch({
    connection,
    statementsOf,
    claimed: [],
    rows: [],
    written: () => undefined,
    ended: () => undefined,
  });
  await expect(batch.commit(nothing)).rejects.toThrow('PostgreSQL answered COMMIT with ROLLBACK');
  await connection.close();
});

test('the first statement that fails is told, the rest is not tried, and the transaction ends', async () => {
  const connection = await Connection.open(dataSource);
  const statements = ['begin', 'select 1', 'select first_mistake', 'select second_mistake', 'commit'].map((text) => ({ text }));
  await expect(connection.sendOrRollBack(statements)).rejects.toThrow('first_mistake');
  const [idle] = await connection.send([{ text: 'select pg_current_xact_id_if_assigned() is null as idle' }]);
  expect(idle?.rows).toEqual([{ idle: true }]);
  await connection.close();
});

test('a prepared statement can be used again, after a failure too', async () => {
  const connection = await Connection.open(dataSource);
  const divide = (by: number) => ({ name: 'divide', text: 'select 6 / $1::int as result, null as nothing', values: [by] });
  await expect(connection.send([divide(0)])).rejects.toThrow();
  await connection.send([divide(1)]);
  await expect(connection.send([divide(2), divide(0), divide(3)])).rejects.toThrow();
  const answers = await connection.send([divide(2), divide(3), { text: 'update things set note = null where false' }]);
  expect(answers).toEqual([
    { command: 'SELECT', rowCount: 1, rows: [{ result: 3, nothing: null }] },
    { command: 'SELECT', rowCount: 1, rows: [{ result: 2, nothing: null }] },
    { command: 'UPDATE', rowCount: 0, rows: [] },
  ]);
  await connection.close();
});

test('a value that cannot be read fails its statements, the transaction is rolled back, and the connection is of use after it', async () => {
  const connection = await Connection.open(dataSource);
  const tooBig = { name: 'too big', text: 'select 9007199254740992::bigint as big' };
  const statements = [{ text: 'begin' }, { text: "insert into stock values ('unreadable', 1)" }, tooBig, { text: 'select 1' }];
  for (const _ of [1, 2]) await expect(connection.sendOrRollBack(statements)).rejects.toThrow('beyond 2^53');
  expect(await connection.send([{ text: "select count(*)::int as count from stock where sku = 'unreadable'" }])).toMatchObject([
    { rows: [{ count: 0 }] },
  ]);
  await connection.close();
});

test('a value that cannot be sent fails before anything is', async () => {
  const connection = await Connection.open(dataSource);
  const never = { text: 'select $1::timestamptz', values: [new Date(Number.NaN)] };
  await expect(connection.send([never])).rejects.toThrow(RangeError);
  expect(await connection.send([{ text: 'select 1 as one' }])).toMatchObject([{ rows: [{ one: 1 }] }]);
  await connection.close();
});

test('a database that cannot be reached, or lets nobody in, is Unavailable', async () => {
  const unreachable = dataSourceOf('postgres://nobody:secret@127.0.0.1:1/shop');
  const refused: unknown = await unreachable.initialize().catch((error) => translate(error));
  expect(refused).toBeInstanceOf(Unavailable);
  expect(String(refused)).not.toContain('secret');
  await expect(Connection.open(unreachable)).rejects.toThrow(Unavailable);
});

test('a database that is silent for too long is Unavailable, and the connection given up', async () => {
  const connection = await Connection.open(dataSource, [], 50);
  const failure: unknown = await connection.send([{ text: 'select pg_sleep(60)' }]).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  // Nothing was to be committed.
  expect(failure).not.toBeInstanceOf(OutcomeUnknown);
  expect(connection.broken).toBe(true);
});

test('a connection that cannot be made what it has to be is not kept', async () => {
  const single = createDataSource({ url, applicationName: 'db-test', entities: [], migrations: [], poolSize: 1 });
  await single.initialize();
  await expect(Connection.open(single, ['set nonsense = 1'])).rejects.toThrow('nonsense');
  // There is one connection only.
  expect(await single.query('select 1 as one')).toEqual([{ one: 1 }]);
  await single.destroy();
});

test('a session opens one connection for many askers, and none after a close', async () => {
  const session = new Session(dataSource);
  const [first, second] = await Promise.all([session.connection(), session.connection()]);
  expect(first).toBe(second);
  await session.close();
  expect(first.broken).toBe(true);
});

test('a statement prepared on an empty table finds its rows by the primary key all the same', async () => {
  const connection = await Connection.open(dataSource);
  const statements = new TableStatements(things);
  const row = { id: '0193a4b0-0000-7000-8000-000000000000' };
  await connection.send([{ text: 'set plan_cache_mode = force_generic_plan' }]);
  for (const { text, values = [] } of [
    statements.load([row.id], true),
    statements.load([row.id], false),
    statements.update([row], ['count', 'lines', 'note']),
  ]) {
    const nulls = values.map(() => 'null').join(', ');
    const [, plan] = await connection.send([
      { text: `prepare s as ${text}` },
      { text: `explain execute s(${nulls})` },
      { text: 'deallocate s' },
    ]);
    const lines = JSON.stringify(plan?.rows);
    expect(lines).toContain('things_pkey');
    expect(lines).not.toContain('Seq Scan');
  }
  await connection.close();
});

test('a data source over another copy of the driver is refused, and its connection given back', async () => {
  let driver: unknown;
  await jest.isolateModulesAsync(async () => {
    driver = (await import('pg')).default;
  });
  const foreign = new DataSource({ type: 'postgres', driver, url, poolSize: 1 });
  await foreign.initialize();
  await expect(Connection.open(foreign)).rejects.toThrow('must be made by createDataSource');
  // There is one connection only.
  expect(await foreign.query('select 1 as one')).toEqual([{ one: 1 }]);
  await foreign.destroy();
});

test('a statement with a name is prepared once, and again when the server has forgotten it', async () => {
  const connection = await Connection.open(dataSource);
  const named = { name: 'named', text: 'select 1 as one' };
  const prepared = { text: "select prepare_time from pg_prepared_statements where name = 'named'" };
  const [, first] = await connection.send([named, prepared]);
  const [, second] = await connection.send([named, prepared]);
  expect(first?.rows).toHaveLength(1);
  expect(second?.rows).toEqual(first?.rows);
  await connection.send([{ text: 'deallocate all' }]);
  await expect(connection.send([named])).rejects.toThrow('does not exist');
  expect(await connection.send([named])).toMatchObject([{ rows: [{ one: 1 }] }]);
  await connection.close();
});

test('a connection is given up for the exchange that is late, not for those before it', async () => {
  const connection = await Connection.open(dataSource, [], 5_000);
  const begun = performance.now();
  while (performance.now() - begun < 6_000) await connection.send([{ text: 'select pg_sleep(0.1)' }]);
  expect(connection.broken).toBe(false);
  await connection.close();
});

test('numbers and moments are sent as text, and an empty statement has an empty answer', async () => {
  const connection = await Connection.open(dataSource);
  const moment = new Date('2026-11-24T12:00:00.123Z');
  const values = [7, moment, null, 'text'];
  const answers = await connection.send([
    { text: 'select $1::int as number, $2::timestamptz as moment, $3::text as nothing, $4::text as text', values },
    { text: '' },
  ]);
  expect(answers).toEqual([
    { command: 'SELECT', rowCount: 1, rows: [{ number: 7, moment, nothing: null, text: 'text' }] },
    { command: '', rowCount: 0, rows: [] },
  ]);
  await connection.close();
});
