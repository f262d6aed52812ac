import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { archiveOf } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
import { projectionStates, projectionsCaughtUp } from '../support/projected.js';
import { antarctica, openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
let database: Client;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
  database = await archiveOf(operations);
});
afterAll(async () => {
  await database.end();
  await operations.close();
  await shop.close();
  secret.remove();
});

const caughtUp = () => projectionsCaughtUp(shop, operations, database);
const stateOf = async (name: string) => {
  const found = (await projectionStates(operations)).find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no projection ${name}`);
  return found;
};

const VIEWS = ['sagas', 'sales'];
async function rowsOfAll(): Promise<unknown[][]> {
  const all = [];
  for (const view of VIEWS) all.push((await database.query(`select * from ${view} order by 1`)).rows);
  return all;
}

interface OrderPage {
  readonly items: readonly { readonly orderId: string }[];
  readonly nextCursor?: string;
}

test('customers: their orders, what was charged and what was given back', async () => {
  const customerId = 'money';
  const kept = await shop.place({ customerId });
  const refused = await shop.place({ customerId, shippingAddress: antarctica });
  const declined = await shop.place({ customerId, paymentMethod: 'pm_card_declined' });
  await Promise.all([kept, refused, declined].map(({ id }) => shop.ended(id)));
  await caughtUp();
  const { body } = await operations.call('GET', `/customers/${customerId}`);
  expect(body).toMatchObject({
    customerId,
    orders: { placed: 3, open: 0, completed: 1, cancelled: 2 },
    charged: [{ currency: 'EUR', amount: 5_000 }],
    refunded: [{ currency: 'EUR', amount: 2_500 }],
  });
  expect(body).toMatchObject({
    items: expect.arrayContaining([
      expect.objectContaining({ orderId: refused.id, total: 2_500, charged: 2_500, refunded: 2_500, endedAs: 'CANCELLED' }),
      expect.objectContaining({ orderId: declined.id, charged: 0, refunded: 0 }),
    ]),
  });
});

test('customers: their orders newest first, page by page, also when their ids do not grow with time', async () => {
  const customerId = 'many-orders';
  const placed: string[] = [];
  for (let count = 0; count < 6; count++) {
    const key = count % 2 === 0 ? { 'idempotency-key': `customer-${count}` } : {};
    const { id } = await shop.place({ customerId }, key);
    await shop.ended(id);
    placed.push(id);
  }
  await caughtUp();
  const page = async (cursor = '') => (await operations.call<OrderPage>('GET', `/customers/${customerId}?limit=4${cursor}`)).body;
  const first = await page();
  const second = await page(`&cursor=${first.nextCursor}`);
  expect([...first.items, ...second.items].map(({ orderId }) => orderId)).toEqual(placed.toReversed());
  expect([first.items.length, second.nextCursor]).toEqual([4, undefined]);
});

test('sales: by day and SKU, as the orders say that ended', async () => {
  await caughtUp();
  const { rows } = await shop.database('order').query(`
    select to_char(ended_at at time zone 'utc', 'YYYY-MM-DD') as day, line ->> 'sku' as sku, currency,
      count(*) filter (where status = 'COMPLETED')::int as completed,
      coalesce(sum((line ->> 'quantity')::int * (line ->> 'unitPrice')::int) filter (where status = 'COMPLETED'), 0)::int as amount,
      count(*) filter (where status = 'CANCELLED')::int as cancelled
    from orders, jsonb_array_elements(items) as line where ended_at is not null group by 1, 2, 3 order by 1, 2, 3`);
  const { body } = await operations.call<{ items: Sale[] }>('GET', '/sales');
  expect(rows.length).toBeGreaterThan(1);
  expect(
    body.items.map(({ day, sku, currency, completed, cancelled }) => ({
      day,
      sku,
      currency,
      completed: completed.orders,
      amount: completed.amount,
      cancelled: cancelled.orders,
    })),
  ).toEqual(rows);
  const page = await operations.call<{ items: Sale[]; nextCursor: string }>('GET', '/sales?limit=1');
  const rest = await operations.call<{ items: Sale[] }>('GET', `/sales?cursor=${page.body.nextCursor}`);
  expect([...page.body.items, ...rest.body.items]).toEqual(body.items);
  expect((await operations.call<{ items: Sale[] }>('GET', '/sales?from=2000-01-01&to=2000-01-02')).body.items).toEqual([]);
});

interface Sale {
  readonly day: string;
  readonly sku: string;
  readonly currency: string;
  readonly completed: { readonly orders: number; readonly amount: number };
  readonly cancelled: { readonly orders: number };
}

describe('a projection', () => {
  test('made anew from all events has the rows that were there, and takes their place', async () => {
    await caughtUp();
    const before = await rowsOfAll();
    for (const name of ['sagas', 'sales']) {
      const generation = (await stateOf(name)).generations[0]?.generation ?? 0;
      expect(await operations.call('POST', `/projections/${name}/rebuild`)).toMatchObject({ status: 202, body: { name } });
      const after = await until(
        async () => {
          const { generations } = await stateOf(name);
          return generations.length === 1 && generations[0]?.generation !== generation ? generations[0] : undefined;
        },
        () => `${name} was not made anew`,
      );
      expect(after.live).toBe(true);
      expect(after.events).toBeGreaterThan(0);
      const { rows } = await database.query("select relname from pg_class where relkind = 'r' and relname like '%\\_g' || $1", [
        generation,
      ]);
      expect(rows).toEqual([]);
    }
    expect(await rowsOfAll()).toEqual(before);
  });

  test('goes on while it is made anew, by two replicas, one of which is stopped', async () => {
    const replica = await operations.replica();
    const ids: string[] = [];
    for (let round = 0; round < 4; round++) {
      ids.push(...(await Promise.all(Array.from({ length: 10 }, () => shop.place().then(({ id }) => id)))));
      await operations.call('POST', '/projections/sagas/rebuild');
      if (round === 2) await replica.stop();
    }
    await Promise.all(ids.map((id) => shop.ended(id)));
    await until(
      async () => (await stateOf('sagas')).generations.length === 1 || undefined,
      () => 'It is never made anew',
    );
    await caughtUp();
    const rows = await rowsOfAll();
    const applied = (await stateOf('sagas')).generations[0]?.events;
    const { rows: counted } = await database.query(
      "select count(*)::int as events from archive where type not in ('inventory.item_changed')",
    );
    expect(applied).toBe(counted[0].events);
    const { generation = 0 } = (await stateOf('sagas')).generations[0] ?? {};
    await operations.call('POST', '/projections/sagas/rebuild');
    await until(
      async () => (await stateOf('sagas')).generations[0]?.generation !== generation || undefined,
      () => 'It is never made anew',
    );
    expect(await rowsOfAll()).toEqual(rows);
  });

  test('is made anew by operators only, and only one that there is', async () => {
    expect(await operations.call('POST', '/projections/sagas/rebuild', undefined, 'reader')).toMatchObject({ status: 403 });
    expect(await operations.call('POST', '/projections/none/rebuild')).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });

  test('tells how far it is behind', async () => {
    const metrics = await (await operations.open('/metrics')).text();
    for (const name of ['sagas', 'sales']) {
      expect(metrics).toMatch(new RegExp(`quickstep_projection_lag_events\\{projection="${name}"[^}]*\\} \\d+`));
      expect(metrics).toMatch(new RegExp(`quickstep_projection_oldest_seconds\\{projection="${name}"[^}]*\\} \\d`));
    }
  });
});
