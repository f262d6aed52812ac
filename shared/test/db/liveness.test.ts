import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PgStore } from '@quickstep/shared/db';
import { OutcomeUnknown, Unavailable } from '@quickstep/shared/pipeline';
import { eventually } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { Connection } from '../../src/db/connection.js';
import { translate } from '../../src/db/errors.js';
import { type Backend, livenessOf, WHO } from '../../src/db/liveness.js';
import { dataSourceOf, migratedDatabase, someoneWaits } from './fixture.js';
import { wireTo } from './wire.js';

const LOST = 'no longer works on what it was asked';

let url: string;
let drop: () => Promise<void>;
let direct: DataSource;
let line: Awaited<ReturnType<typeof wireTo>>;
let remote: DataSource;

beforeAll(async () => {
  ({ url, drop, dataSource: direct } = await migratedDatabase());
});
afterAll(() => drop());
beforeEach(async () => {
  line = await wireTo(url);
  remote = dataSourceOf(line.url, 60_000, 600);
  await remote.initialize();
});
afterEach(async () => {
  line.cut();
  line.close();
  await remote.destroy();
});

async function backendOf(connection: Connection): Promise<Backend> {
  const [answer] = await connection.send([{ text: WHO }]);
  const [backend]: Backend[] = answer?.rows ?? [];
  if (backend === undefined) throw new Error('The server does not know its own backend');
  return backend;
}

const isThere = async ({ pid }: Backend) =>
  (await direct.query<unknown[]>('select from pg_stat_activity where pid = $1', [pid])).length > 0;

test.each(['has ended them', 'knows nothing'] as const)(
  'a commit on a connection that is dead without a word has an unknown outcome, and its locks are gone: the server %s',
  async (server) => {
    const connection = await Connection.open(remote);
    const backend = await backendOf(connection);
    await connection.send([{ text: 'begin' }, { text: 'select pg_advisory_xact_lock(7)' }]);
    line.silence(server);
    const failure: unknown = await connection.commit([{ text: 'commit' }]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OutcomeUnknown);
    expect(String(failure)).toContain(LOST);
    expect(connection.broken).toBe(true);
    await eventually(async () => !(await isThere(backend)));
    const again = await Connection.open(remote);
    expect(await again.send([{ text: 'select pg_try_advisory_lock(7) as free' }])).toMatchObject([{ rows: [{ free: true }] }]);
    await again.close();
  },
);

test('a store goes on with another connection', async () => {
  const store = new PgStore(remote);
  await (await store.begin([], [])).rollback();
  line.silence('knows nothing');
  await expect(store.begin([], [])).rejects.toThrow(LOST);
  await (await store.begin([], [])).rollback();
  await store.close();
});

test('a query outside of the store fails as one whose connection is lost, and the pool makes another', async () => {
  await remote.query('select 1');
  line.silence('has ended them');
  const failure: unknown = await remote.query('select 1').catch((error: unknown) => translate(error));
  expect(failure).toBeInstanceOf(Unavailable);
  expect(await remote.query('select 1 as one')).toEqual([{ one: 1 }]);
});

test('what is only slow is waited for, however often the server is asked', async () => {
  const connection = await Connection.open(remote);
  expect(await connection.send([{ text: "select 'at last' as text from pg_sleep(3)" }])).toMatchObject([
    { rows: [{ text: 'at last' }] },
  ]);
  expect(connection.broken).toBe(false);
  await connection.close();
});

test('a server that cannot be asked is waited for, until patience is at its end', async () => {
  const connection = await Connection.open(remote, [], 3_000);
  line.silence('knows nothing');
  line.close();
  await expect(connection.send([{ text: 'select 1' }])).rejects.toThrow('has not answered for 3000 ms');
});

test('a backend is active, over when it is idle, and gone when another has its number', async () => {
  const connection = await Connection.open(direct);
  const backend = await backendOf(connection);
  const holder = await Connection.open(direct);
  await holder.send([{ text: 'select pg_advisory_lock(9)' }]);
  const waiting = connection.send([{ text: 'select pg_advisory_lock(9)' }]);
  await someoneWaits(direct);
  const waits = () => true;
  expect(await livenessOf(url, backend, waits)).toBe('active');
  expect(await livenessOf(url, { ...backend, started: '2000-01-01T00:00:00Z' }, waits)).toBe('over');
  expect(await livenessOf('postgres://nobody:secret@127.0.0.1:1/shop', backend, waits)).toBe('unknown');
  await holder.close();
  await waiting;
  expect(await livenessOf(url, backend, () => false)).toBe('active');
  expect(await isThere(backend)).toBe(true);
  expect(await livenessOf(url, backend, waits)).toBe('over');
  await eventually(async () => !(await isThere(backend)));
  await connection.close();
});
