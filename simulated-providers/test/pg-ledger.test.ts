import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createDataSource, migrate } from '@quickstep/shared/db';
import { Unavailable } from '@quickstep/shared/pipeline';
import { freshDatabase } from '@quickstep/shared/testing';
import { LedgerTables1760000000000, PgLedger } from '@quickstep/simulated-providers';
import type { DataSource } from 'typeorm';

interface Charge {
  readonly charge: string;
}

let dataSource: DataSource;
let drop: () => Promise<void>;
let ledger: PgLedger<Charge>;
let other: PgLedger<Charge>;

beforeAll(async () => {
  const { url, drop: dropDatabase } = await freshDatabase();
  const migrations = [LedgerTables1760000000000];
  dataSource = createDataSource({ url, applicationName: 'ledger-test', entities: [], migrations, poolSize: 10 });
  await dataSource.initialize();
  await migrate(dataSource);
  drop = async () => {
    await dataSource.destroy();
    await dropDatabase();
  };
});
afterAll(() => drop());

beforeEach(() => {
  ledger = new PgLedger(dataSource);
  other = new PgLedger(dataSource);
});
afterEach(async () => {
  await Promise.all([ledger.close(), other.close()]);
  await dataSource.query('truncate provider_answers, provider_attempts');
});

test('the first answer of a key is its answer for ever', async () => {
  expect(await ledger.answerOnce('key', 'order', 'charge', { charge: 'quo"te \\ ü' })).toEqual({ charge: 'quo"te \\ ü' });
  expect(await ledger.answerOnce('key', 'order', 'charge', { charge: 'second' })).toEqual({ charge: 'quo"te \\ ü' });
  expect(await other.answerOnce('key', 'order', 'charge', { charge: 'third' })).toEqual({ charge: 'quo"te \\ ü' });
});

test('an answer is on disk before it is told: its service may act on it after the server has crashed', async () => {
  const flushed: boolean[] = [];
  for (let key = 0; key < 20; key++) {
    const [before] = await dataSource.query('select pg_current_wal_insert_lsn() as lsn');
    await ledger.answerOnce(`key ${key}`, 'order', 'charge', { charge: 'kept' });
    const [after] = await dataSource.query('select pg_current_wal_flush_lsn() > $1::pg_lsn as flushed', [before.lsn]);
    flushed.push(after.flushed);
  }
  expect(flushed).toEqual(Array.from({ length: 20 }, () => true));
});

test('a key asked many times at once, by two processes, has one answer', async () => {
  const ask = (source: PgLedger<Charge>, name: string) => (_: unknown, index: number) =>
    source.answerOnce(`key ${index % 7}`, 'order', 'charge', { charge: `${name} ${index}` });
  const answers = await Promise.all([
    ...Array.from({ length: 50 }, ask(ledger, 'one')),
    ...Array.from({ length: 50 }, ask(other, 'other')),
  ]);
  expect(new Set(answers.map(({ charge }) => charge)).size).toBe(7);
});

test('answers are found by reference and kind, oldest first', async () => {
  await ledger.answerOnce('1', 'order a', 'charge', { charge: 'first' });
  await ledger.answerOnce('2', 'order a', 'charge', { charge: 'second' });
  await ledger.answerOnce('3', 'order a', 'refund', { charge: 'refunded' });
  await ledger.answerOnce('4', 'order b', 'charge', { charge: 'other order' });
  const asked = [
    ledger.byReference('order a', 'charge'),
    ledger.byReference('order a', 'refund'),
    ledger.byReference('order b', 'charge'),
    ledger.byReference('order c', 'charge'),
    ledger.byReference('order a', 'charge'),
  ];
  const charges = (await Promise.all(asked)).map((answers) => answers.map(({ charge }) => charge));
  expect(charges).toEqual([['first', 'second'], ['refunded'], ['other order'], [], ['first', 'second']]);
});

test('attempts are numbered, each number given once', async () => {
  expect(await ledger.attempt('key')).toBe(1);
  const numbers = await Promise.all([ledger, other, ledger, other, ledger].map((each) => each.attempt('key')));
  expect(numbers.toSorted()).toEqual([2, 3, 4, 5, 6]);
  expect(await ledger.attempt('another')).toBe(1);
});

test('every call of a failed statement is told, and the next one works', async () => {
  await ledger.attempt('key');
  await dataSource.query(
    'select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  const outcomes = await Promise.allSettled([ledger.attempt('key'), ledger.attempt('key')]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Unavailable);
  await expect(ledger.attempt('another')).resolves.toBe(1);
});

test('what is old is found by an index', async () => {
  const indexes: { name: string }[] = await dataSource.query(
    "select tablename as name from pg_indexes where indexdef like '%USING brin (created_at)' order by tablename",
  );
  expect(indexes.map(({ name }) => name)).toEqual(['provider_answers', 'provider_attempts']);
});
