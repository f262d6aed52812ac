import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDataSource, entityOf, kitMigrations, migrate } from '@quickstep/shared/db';
import { type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { CreateOrders1760000000001 } from '../src/db/migrations.js';
import { type OrderFilter, ordersListed } from '../src/db/queries.js';
import { Orders } from '../src/db/tables.js';

const MANY = 20_000;
const LIMIT = 51;

/** An order a second, of 50 customers; every hundredth is open, every hundredth was cancelled. */
const FILL = `
  insert into orders (order_id, customer_id, items, total, currency, payment_method, status, facts, placed_at, deadline_at)
  select gen_random_uuid(), 'customer-' || n % 50, '[]', 0, 'EUR', 'pm', case when n % 100 = 0 then 'PAID' when n % 100 = 1 then 'CANCELLED' else 'COMPLETED' end,
    '{}', now() - n * interval '1 second', case when n % 100 = 0 then now() end
  from generate_series(1, $1::int) as n`;

let database: FreshDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await freshDatabase();
  const migrations = [...kitMigrations, CreateOrders1760000000001];
  dataSource = createDataSource({
    url: database.url,
    applicationName: 'list-plans',
    entities: [entityOf(Orders)],
    migrations,
    poolSize: 2,
  });
  await dataSource.initialize();
  await migrate(dataSource);
  await dataSource.query(FILL, [MANY]);
  await dataSource.query('vacuum analyze orders');
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** The plan of a page in the middle of the list, as it was executed. */
async function planOf(filter: Partial<OrderFilter>): Promise<string> {
  const [middle] = await dataSource.query('select placed_at as time, order_id as id from orders order by placed_at offset $1', [
    MANY / 2,
  ]);
  const [sql, values] = ordersListed(dataSource, { after: middle, limit: LIMIT, ...filter }).getQueryAndParameters();
  const [answer] = await dataSource.query(`explain (analyze, format json) ${sql}`, values);
  return JSON.stringify(answer['QUERY PLAN']);
}

test.each<[string, Partial<OrderFilter>, string]>([
  ['all orders', {}, 'orders_by_placing'],
  ["a customer's orders", { customerId: 'customer-7' }, 'orders_by_customer'],
  ['cancelled orders', { status: 'CANCELLED' }, 'orders_by_ending'],
])('a page of %s is read from an index, in its order, whatever the size of the table', async (_, filter, index) => {
  const plan = await planOf(filter);
  expect(plan).toContain(`"Index Name":"${index}"`);
  expect(plan).not.toMatch(/"Node Type":"(Incremental )?Sort"/);
  expect(plan).not.toMatch(/"Rows Removed by Filter":[1-9]/);
  const read = [...plan.matchAll(/"Actual Rows":(\d+)/g)].map(([, rows]) => Number(rows));
  expect(Math.max(...read)).toBe(LIMIT);
});

test('a page of completed orders, which most orders are, takes about as many rows as it has', async () => {
  const plan = await planOf({ status: 'COMPLETED' });
  expect(plan).toMatch(/"Index Name":"orders_by_(placing|ending)"/);
  expect(plan).not.toMatch(/"Node Type":"(Incremental )?Sort"/);
  expect(plan).not.toMatch(/"Rows Removed by Filter":\d{2}/);
});

test('a page of open orders is read from the index of those alone', async () => {
  const plan = await planOf({ status: 'PAID' });
  expect(plan).toContain('"Index Name":"orders_by_deadline"');
  const read = [...plan.matchAll(/"Actual Rows":(\d+)/g)].map(([, rows]) => Number(rows));
  expect(Math.max(...read)).toBeLessThanOrEqual(MANY / 100);
});

test('there is no row of an order that was not placed: no page would have it', async () => {
  const unplaced = `insert into orders (order_id, customer_id, items, total, currency, payment_method, status, facts)
    values (gen_random_uuid(), 'customer-1', '[]', 0, 'EUR', 'pm', 'PENDING', '{}')`;
  await expect(dataSource.query(unplaced)).rejects.toThrow('orders_placed_at_check');
});
