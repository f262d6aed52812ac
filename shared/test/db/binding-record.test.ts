import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PgBindingRecord } from '@quickstep/shared/db';
import { migratedDatabase } from './fixture.js';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());
beforeEach(() => database.dataSource.query('truncate queue_declarations'));

const binding = (routingKey: string, exchange = 'order.events') => ({ queue: 'stock-service', exchange, routingKey });
const [a, b, c] = [binding('a'), binding('b'), binding('c')];
const outdated = (...declared: (typeof a)[]) => new PgBindingRecord(database.dataSource).outdated(declared);

test('what only earlier versions bound is outdated, for as long as the latest one runs', async () => {
  expect(await outdated(a, b)).toEqual([]);
  expect(await outdated(b, a)).toEqual([]);
  expect(await outdated(b, c)).toEqual([a]);
  expect(await outdated(c)).toEqual(expect.arrayContaining([a, b]));
  expect(await outdated(c)).toHaveLength(2);
});

test("an earlier version finds nothing outdated: what it does not know of may be the later one's", async () => {
  await outdated(a, b);
  await outdated(a);
  expect(await outdated(a, b)).toEqual([]);
  expect(await outdated(a)).toEqual([b]);
});

test('the same key of another exchange is another binding', async () => {
  await outdated(a);
  expect(await outdated(binding('a', 'payment.events'))).toEqual([a]);
});

test('only the version that came last is the latest', async () => {
  const record = new PgBindingRecord(database.dataSource);
  const [earlier, later] = [[a], [a, { ...a, routingKey: 'of the latest' }]];
  await record.outdated(earlier);
  await record.outdated(later);
  expect([await record.isLatest(earlier), await record.isLatest(later)]).toEqual([false, true]);
});
