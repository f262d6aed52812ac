import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ServiceName, serviceNames } from './support/services.js';
import { openShop, type Shop } from './support/shop.js';
import { until } from './support/until.js';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** Service, table, and the column that its rule looks at. */
const ruled: readonly [ServiceName, string, string][] = [
  ['payment', 'provider_answers', 'created_at'],
  ['payment', 'provider_attempts', 'created_at'],
  ['shipping', 'provider_answers', 'created_at'],
  ['inventory', 'stock_adjustments', 'made_at'],
  ['notification', 'notifications', 'created_at'],
  ...serviceNames.map((name): [ServiceName, string, string] => [name, 'inbox', 'handled_at']),
];

async function rowsOf(name: ServiceName, table: string): Promise<number> {
  const { rows } = await shop.database(name).query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return rows[0]?.count ?? 0;
}

const OLD = "now() - interval '400 days'";

test('old rows are deleted by every rule; what is young stays', async () => {
  const { id } = await shop.place();
  await shop.ended(id);
  const adjustment = { delta: 1, reason: 'counted' };
  await shop.call('inventory', 'POST', '/inventory/SKU-1/adjustments', adjustment, { 'Idempotency-Key': randomUUID() });
  await shop.settled();
  for (const name of serviceNames) await shop.service(name).stop();

  await shop.database('payment').query("insert into provider_attempts values ('old', 1)");
  for (const [name, table, column] of ruled) {
    expect([name, table, await rowsOf(name, table)]).not.toEqual([name, table, 0]);
    await shop.database(name).query(`update ${table} set ${column} = ${OLD}`);
  }
  for (const name of serviceNames)
    await shop.database(name).query("insert into inbox (event_id, step) values ($1, 'young')", [randomUUID()]);

  for (const name of serviceNames) await shop.start(name);
  for (const [name, table] of ruled) {
    const left = table === 'inbox' ? 1 : 0;
    const deleted = async () => (await rowsOf(name, table)) === left || undefined;
    await until(deleted, () => `Old rows of ${table} are still there`);
  }
  const metrics = await (await fetch(new URL('/metrics', shop.service('order').url))).text();
  expect(metrics).toMatch(/^quickstep_deleted_rows_total\{.*table="inbox".*\} [1-9]/m);
});

test('an order whose customer has been erased, as retention.md says, can be read and listed, and its request repeated', async () => {
  const key = { 'Idempotency-Key': randomUUID() };
  const request = { customerId: 'erased', email: 'ada@example.com' };
  const { id } = await shop.place(request, key);
  await shop.ended(id);
  const { rowCount } = await shop
    .database('order')
    .query("update orders set email = null, shipping_address = null where customer_id = 'erased' and ended_at is not null");
  expect(rowCount).toBe(1);
  const { status, body } = await shop.call<Record<string, unknown>>('order', 'GET', `/orders/${id}`);
  expect([status, body.email, body.shippingAddress]).toEqual([200, null, null]);
  expect((await shop.call('order', 'GET', '/orders')).status).toBe(200);
  expect((await shop.place(request, key)).id).toBe(id);
});
