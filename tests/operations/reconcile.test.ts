import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { reconcileCommand } from '../../tools/src/ops/reconcile.js';
import { compare } from '../../tools/src/reconciliation/compare.js';
import { Ledger, openIn } from '../../tools/src/reconciliation/ledger.js';
import { archiveCaughtUp } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
import { runOps } from '../support/ops-command.js';
import { type ServiceName, serviceNames } from '../support/services.js';
import { antarctica, openShop, type Shop } from '../support/shop.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
let database: Client;
let completed: string;
let refunded: string;

beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
  database = new Client({ connectionString: operations.database.url });
  await database.connect();
  for (const name of serviceNames) process.env[`${name.toUpperCase()}_URL`] = shop.service(name).url;
  completed = (await shop.place()).id;
  refunded = (await shop.place({ shippingAddress: antarctica })).id;
  const others = [
    await shop.place({ paymentMethod: 'pm_card_declined' }),
    await shop.place({ items: [{ sku: 'SKU-RARE', quantity: 2 }] }),
    await shop.place(),
  ];
  await Promise.all([completed, refunded, ...others.map(({ id }) => id)].map((id) => shop.ended(id)));
  await shop.settled();
  await archiveCaughtUp(shop, database);
});
afterAll(async () => {
  for (const name of serviceNames) delete process.env[`${name.toUpperCase()}_URL`];
  await database.end();
  await operations.close();
  await shop.close();
  secret.remove();
});

async function ask<Body>(service: string, path: string): Promise<Body | undefined> {
  const name = serviceNames.find((each) => `${each}-service` === service);
  if (name === undefined) throw new Error(`There is no ${service}`);
  const { status, body } = await shop.call<Body>(name, 'GET', path);
  return status === 404 ? undefined : body;
}

const reconcile = (...args: string[]) => runOps(operations, reconcileCommand(), '--settle', '0', ...args);

test('when all is well nothing differs', async () => {
  expect(await reconcile()).toEqual({ code: 0, printed: ['5 orders; nothing differs'] });
});

/** Changes something behind everybody's back, and puts it right again. */
async function meddled(name: ServiceName, change: string, back: string, id: string) {
  const client = shop.database(name);
  await client.query(change, [id]);
  try {
    return await reconcile();
  } finally {
    await client.query(back, [id]);
  }
}

describe('a difference is told of', () => {
  test.each<[what: string, name: ServiceName, change: string, back: string, of: () => string, told: RegExp]>([
    [
      'a refund that was never given',
      'payment',
      'update payments set refunded_amount = 0 where order_id = $1',
      'update payments set refunded_amount = amount where order_id = $1',
      () => refunded,
      /refunded of .*: 0 by the payment service, 2500 by the logs/,
    ],
    [
      'a charge that is gone',
      'payment',
      'update payments set amount = 1 where order_id = $1',
      'update payments set amount = 2500 where order_id = $1',
      () => completed,
      /a completed order is paid: .* holds 1 instead of 2500/,
    ],
    [
      'a parcel that was called back although the order is completed',
      'shipping',
      'update shipments set recalled = true where order_id = $1',
      'update shipments set recalled = false where order_id = $1',
      () => completed,
      /a completed order is on its way: /,
    ],
    [
      'an ending that no log knows',
      'order',
      "update orders set status = 'CANCELLED' where order_id = $1",
      "update orders set status = 'COMPLETED' where order_id = $1",
      () => completed,
      /is CANCELLED, by the logs COMPLETED/,
    ],
    [
      'stock that is reserved for nobody',
      'inventory',
      'update stock_items set available = available - 1, reserved = reserved + 1 where sku = $1',
      'update stock_items set available = available + 1, reserved = reserved - 1 where sku = $1',
      () => 'SKU-1',
      /what is reserved is held by orders: SKU-1: .*held by orders 0/,
    ],
  ])('%s', async (_what, name, change, back, of, told) => {
    const { code, printed } = await meddled(name, change, back, of());
    expect(code).toBe(1);
    expect(printed.join('\n')).toMatch(told);
  });

  test.each([
    ['inventory.released', /a release that was asked for has no inventory.released/],
    ['payment.refunded', /a charge has no order.completed or payment.refunded/],
    ['order.cancelled', /is CANCELLED, and no log says so/],
  ])('a log without %s', async (type, told) => {
    const { rows } = await database.query('delete from archive where subject = $1 and type = $2 returning *', [refunded, type]);
    const { printed } = await reconcile();
    expect(printed.join('\n')).toMatch(told);
    const [row] = rows;
    const columns = Object.keys(row);
    await database.query(
      `insert into archive (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
      Object.values(row),
    );
  });
});

test('what was under way at the first look is no difference', async () => {
  let looks = 0;
  const changing: typeof ask = async <Body>(service: string, path: string) => {
    if (path.startsWith('/inventory')) looks++;
    const body = await ask<Body>(service, path);
    return path.startsWith('/shipments') && looks === 0 ? undefined : body;
  };
  const { code } = await runOps(operations, reconcileCommand(changing), '--settle', '0');
  expect([code, looks]).toEqual([0, 2]);
});

test('an open order is looked at once it is overdue', () => {
  const ledger = new Ledger();
  const time = '2026-11-01T10:00:00.000Z';
  ledger.add({ type: 'order.created', subject: 'o', time, data: {} });
  ledger.add({ type: 'inventory.reserved', subject: 'o', time, data: { items: [{ sku: 'S', quantity: 1 }] } });
  const shown = {
    orders: [{ orderId: 'o', status: 'RESERVED', total: 1, items: [] }],
    payments: [],
    shipments: [],
    stock: [{ sku: 'S', available: 0, reserved: 1, onHand: 1 }],
  };
  expect(compare(shown, ledger, new Date('2026-11-01T09:00:00Z'))).toEqual([]);
  expect(compare(shown, ledger, new Date('2026-11-01T11:00:00Z'))).toEqual([
    'o: an order has no order.completed or order.cancelled',
    'o: reserved stock has no shipping.shipped or inventory.released',
  ]);
  expect([...ledger.orders].flatMap(openIn)).toHaveLength(2);
});

test('a service that is away is named', async () => {
  process.env.SHIPPING_URL = 'http://127.0.0.1:1';
  await expect(reconcile()).rejects.toThrow(/shipping-service cannot be reached at http:\/\/127.0.0.1:1/);
  process.env.SHIPPING_URL = shop.service('shipping').url;
});

test.each([['--settle=-1'], ['--settle=soon'], ['--overdue='], ['--colour']])('%s is refused', async (option) => {
  await expect(reconcile(option)).rejects.toThrow(/must be a number of seconds|Unknown option/);
});
