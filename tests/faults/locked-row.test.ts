import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { openShop, type Problem, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

/** Many enough that nothing is parked while the row is locked. */
const RETRY_DELAYS_MS = Array(60).fill(500).join(',');
const BLOCKED = 20;
const OTHERS = 40;

let shop: Shop;
let somebody: Client;

beforeAll(async () => {
  shop = await openShop({ RETRY_DELAYS_MS });
  const { host, port, user, password, database } = shop.database('inventory');
  somebody = new Client({ host, port, user, password, database });
  await somebody.connect();
});
afterAll(async () => {
  await somebody.end();
  await shop.close();
});

const wanting = (sku: string) => ({ items: [{ sku, quantity: 1 }] });
const onHand = (sku: string, delta: number) =>
  shop.call<Problem>('inventory', 'POST', `/inventory/${sku}/adjustments`, { delta, reason: 'counted' });

test('a row that somebody keeps locked holds up what needs it and nothing else; once it is free, everything ends', async () => {
  await somebody.query("begin; select from stock_items where sku = 'SKU-2' for update");
  const blocked = await Promise.all(Array.from({ length: BLOCKED }, () => shop.place(wanting('SKU-2'))));
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  await until(
    async () => (await somebody.query(waiting)).rowCount || undefined,
    () => 'Nothing waits for the row',
  );

  const others = await Promise.all(Array.from({ length: OTHERS }, () => shop.place(wanting('SKU-1'))));
  for (const { id } of others) expect(await shop.ended(id)).toBe('COMPLETED');
  expect(await shop.call('inventory', 'GET', '/inventory/SKU-1')).toMatchObject({ status: 200 });
  // What is read is read: only a change of the row must wait.
  expect(await shop.call('inventory', 'GET', '/inventory/SKU-2')).toMatchObject({ status: 200 });
  expect(await onHand('SKU-1', 1)).toMatchObject({ status: 200 });
  expect(await onHand('SKU-1', -1)).toMatchObject({ status: 200 });
  expect(await onHand('SKU-2', 1)).toMatchObject({ status: 503 });
  for (const { id } of blocked) expect((await shop.order(id)).status).toBe('PENDING');

  await somebody.query('rollback');
  for (const { id } of blocked) expect(await shop.ended(id)).toBe('COMPLETED');
  expect(await shop.invariants()).toEqual([]);
});
