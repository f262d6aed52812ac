import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { archiveCaughtUp, archiveOf } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
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

interface State {
  readonly name: string;
  readonly lag: number;
  readonly failure: string | null;
  readonly generations: {
    readonly generation: number;
    readonly live: boolean;
    readonly events: number;
    readonly position: number;
  }[];
}
const states = async () => (await operations.call<{ items: State[] }>('GET', '/projections')).body.items;
const stateOf = async (name: string) => {
  const found = (await states()).find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no projection ${name}`);
  return found;
};

/** Resolves when every projection has what the archive has. */
async function caughtUp(): Promise<void> {
  await shop.settled();
  await archiveCaughtUp(shop, database);
  const { rows } = await database.query('select max(position)::int as "end" from archive');
  await until(
    async () =>
      (await states()).every(({ generations }) => generations.every((each) => each.position >= rows[0].end)) || undefined,
    () => 'The projections do not catch up',
  );
}

const VIEWS = ['sagas', 'sales'];
async function rowsOfAll(): Promise<unknown[][]> {
  const all = [];
  for (const view of VIEWS) all.push((await database.query(`select * from ${view} order by 1`)).rows);
  return all;
}

interface Saga {
  readonly orderId: string;
  readonly state: string;
  readonly age: number;
  readonly reason: string | null;
  readonly waiting: { readonly service: string; readonly step: string; readonly answers: string[] }[];
}
interface Detail extends Saga {
  readonly deadlineAt: string | null;
  readonly timeline: { type: string; step: string | null; cause: string | null; sinceStart: number; sinceCause: number | null }[];
  readonly plan: { type: string; happened: string | null }[];
}
interface OrderPage {
  readonly items: readonly { readonly orderId: string }[];
  readonly nextCursor?: string;
}
/** As lists gave them out that were by order id. */
const cursorById = Buffer.from('0193a4b0-0000-7000-8000-000000000000').toString('base64url');
const sagasOf = async (query: string) =>
  (await operations.call<{ items: Saga[]; nextCursor?: string }>('GET', `/sagas?${query}`)).body;
const detailOf = async (id: string) => (await operations.call<Detail>('GET', `/sagas/${id}`)).body;

describe('sagas', () => {
  test('tell how far an order has come, and what it waits for', async () => {
    shop.gates.beforeCharge.close();
    const { id } = await shop.place({ customerId: 'waiting' });
    await shop.eventOf(id, 'inventory.reserved');
    const waiting = await until(
      async () => (await sagasOf('waitingFor=chargePayment&customerId=waiting')).items[0],
      () => 'No saga waits for the charge',
    );
    expect(waiting).toMatchObject({ orderId: id, state: 'RESERVED' });
    expect(waiting.waiting).toEqual([
      expect.objectContaining({
        service: 'payment-service',
        step: 'chargePayment',
        type: 'inventory.reserved',
        answers: ['payment.completed', 'payment.failed', 'inventory.release'],
      }),
    ]);
    for (const query of [
      'waitingFor=payment',
      'waitingFor=payment-service',
      'waitingFor=payment.completed',
      'olderThan=0',
      'state=RESERVED',
    ])
      expect((await sagasOf(query)).items.map(({ orderId }) => orderId)).toEqual([id]);
    for (const query of ['waitingFor=shipping', 'olderThan=3600', 'state=PAID', 'stuck=true', 'customerId=nobody'])
      expect((await sagasOf(query)).items).toEqual([]);
    const open = await detailOf(id);
    expect(open.deadlineAt).toMatch(/^\d{4}-/);
    expect(open.plan.map(({ type, happened }) => [type, happened !== null])).toEqual([
      ['order.created', true],
      ['inventory.reserved', true],
      ['payment.completed', false],
      ['shipping.shipped', false],
      ['order.completed', false],
      ['notification.sent', false],
    ]);
    shop.gates.beforeCharge.open();
    await shop.ended(id);
    await caughtUp();
    const ended = await detailOf(id);
    expect(ended).toMatchObject({ state: 'COMPLETED', waiting: [], reason: null, deadlineAt: null });
    expect(ended.plan.every(({ happened }) => happened !== null)).toBe(true);
    expect(ended.timeline.map(({ type, step, cause }) => [type, step, cause])).toEqual([
      ['order.created', 'placeOrder', null],
      ['inventory.reserved', 'reserveStock', 'order.created'],
      ['payment.completed', 'chargePayment', 'inventory.reserved'],
      ['shipping.shipped', 'bookShipment', 'payment.completed'],
      ['order.completed', 'trackOrder', 'shipping.shipped'],
      ['notification.sent', 'notifyCustomer', 'order.completed'],
    ]);
    const first = ended.timeline[0];
    expect(first).toMatchObject({ sinceStart: 0, sinceCause: null });
    for (const { sinceStart, sinceCause } of ended.timeline.slice(1)) expect(sinceCause).toBeLessThanOrEqual(sinceStart);
  });

  test('name the orders that cannot end', async () => {
    await shop.service('shipping').stop();
    const { id } = await shop.place({ customerId: 'stuck' });
    await shop.eventOf(id, 'payment.completed');
    await shop.cancel(id);
    await shop.expire(id);
    await shop.eventOf(id, 'order.stuck');
    // The services' events come into the archive one after the other: until they are all there it waits for steps that have answered.
    let seen: string[] = [];
    const stuck = await until(
      async () => {
        const [saga] = (await sagasOf('stuck=true')).items;
        seen = saga?.waiting.map(({ step }) => step).sort() ?? [];
        return seen.join() === 'bookShipment,cancelShipment' ? saga : undefined;
      },
      () => `The stuck saga waits for ${seen.join() || 'nothing'}`,
    );
    expect(stuck).toMatchObject({ orderId: id, state: 'CANCELLING' });
    await shop.start('shipping');
    await shop.ended(id);
    await caughtUp();
    expect((await sagasOf('stuck=true')).items).toEqual([]);
  });

  test('come page by page, newest first, also when their ids do not grow with time', async () => {
    const placed: string[] = [];
    for (let count = 0; count < 5; count++) {
      const { id } = await shop.place({ customerId: 'pages' }, { 'idempotency-key': `page-${count}` });
      await shop.ended(id);
      placed.push(id);
    }
    await caughtUp();
    const first = await sagasOf('customerId=pages&limit=3');
    const second = await sagasOf(`customerId=pages&limit=3&cursor=${first.nextCursor}`);
    const ids = [...first.items, ...second.items].map(({ orderId }) => orderId);
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([3, 2, undefined]);
    expect(ids).toEqual(placed.toReversed());
  });

  test.each([
    ['/sagas?state=LOST', '/state'],
    ['/sagas?stuck=maybe', '/stuck'],
    ['/sagas?olderThan=-1', '/olderThan'],
    ['/sagas?waitingFor=', '/waitingFor'],
    ['/sagas?customerId=a%00', ''],
    [`/sagas?cursor=${Buffer.from('\0').toString('base64url')}`, '/cursor'],
    ['/sales?from=soon', '/from'],
    [`/sales?cursor=${Buffer.from('x').toString('base64url')}`, '/cursor'],
    ['/customers/x?limit=0', '/limit'],
    [`/customers/x?cursor=${cursorById}`, '/cursor'],
    [`/orders?cursor=${cursorById}`, '/cursor'],
    [`/sagas?cursor=${cursorById}`, '/cursor'],
  ])('refuses %s with a problem', async (path, pointer) => {
    const { status, body } = await operations.call('GET', path);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'invalid_request',
      errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  test.each(['/sagas/nonsense', '/sagas/a%00', '/customers/nobody', '/customers/a%00'])('answers 404 for %s', async (path) => {
    expect(await operations.call('GET', path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

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
