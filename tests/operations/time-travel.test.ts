import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { operationsClient } from '../../tools/src/ops/client.js';
import type { OpsCommand } from '../../tools/src/ops/command.js';
import { cancelSaga, listSagas, showSaga } from '../../tools/src/ops/sagas.js';
import { verifyOrders } from '../../tools/src/ops/verify-orders.js';
import { archiveCaughtUp, archiveOf } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
import { antarctica, openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
let archive: Client;
const before = { ...process.env };
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
  archive = await archiveOf(operations);
  Object.assign(process.env, secret.env, { OPERATIONS_URL: operations.url, ORDER_URL: shop.service('order').url });
});
afterAll(async () => {
  process.env = before;
  await archive.end();
  await operations.close();
  await shop.close();
  secret.remove();
});

/** Runs a command of `npm run ops`. */
async function run(command: OpsCommand, ...args: string[]): Promise<{ code: number; lines: string[] }> {
  const { signal } = new AbortController();
  const lines: string[] = [];
  const code = await command.run(args, { client: () => operationsClient(signal), signal, print: (text) => lines.push(text) });
  return { code, lines };
}

async function caughtUp(): Promise<void> {
  await shop.settled();
  await archiveCaughtUp(shop, archive);
}

type View = Readonly<Record<string, unknown>>;
const folded = (id: string, query = '') => operations.call<View>('GET', `/orders/${id}?reveal=true${query}`);

test('an order made of its events is the row of the order service, whichever way it ended', async () => {
  shop.gates.beforeCharge.close();
  const late = await shop.place();
  await shop.gates.beforeCharge.holds(late.id);
  await shop.expire(late.id);
  expect(await shop.ended(late.id)).toBe('CANCELLED');
  shop.gates.beforeCharge.open();
  const placed = await Promise.all([
    late,
    shop.place(),
    shop.place({ paymentMethod: 'pm_card_declined' }),
    shop.place({ shippingAddress: antarctica }),
    shop.place({ items: [{ sku: 'SKU-RARE', quantity: 2 }] }),
  ]);
  await Promise.all(placed.map(({ id }) => shop.ended(id)));
  await caughtUp();
  for (const { id } of placed) {
    const { deadlineAt: _, ...row } = (await shop.call<View>('order', 'GET', `/orders/${id}`)).body;
    const { status, body } = await folded(id);
    expect({ status, same: isDeepStrictEqual(body, row), body }).toEqual({ status: 200, same: true, body: row });
  }
});

test('an order is shown as it was at any time', async () => {
  const { id } = await shop.place({ shippingAddress: antarctica });
  await shop.ended(id);
  await caughtUp();
  const steps = [
    ['order.created', /^PENDING$/],
    ['inventory.reserved', /^RESERVED$/],
    ['payment.completed', /^PAID$/],
    ['shipping.failed', /^CANCELLING$/],
    ['payment.refunded', /^CANCELL/],
    ['inventory.released', /^CANCELL/],
    ['order.cancelled', /^CANCELLED$/],
  ] as const;
  const timed: { readonly status: RegExp; readonly time: string }[] = [];
  for (const [type, status] of steps) {
    const { time } = await shop.eventOf(id, type);
    // Clocks of services differ by a millisecond or two: an effect may be dated before its cause.
    const [, reached = time] = [timed.at(-1)?.time ?? '', time].sort();
    timed.push({ status, time: reached });
  }
  for (const { time } of timed) {
    const { body } = await folded(id, `&at=${encodeURIComponent(time)}`);
    // Of events of the same millisecond the last one counts.
    expect(body.status).toMatch(timed.findLast((each) => each.time === time)?.status ?? /never/);
  }
  const created = await shop.eventOf(id, 'order.created');
  const earlier = new Date(Date.parse(created.time) - 1).toISOString();
  expect(await folded(id, `&at=${earlier}`)).toMatchObject({ status: 404 });
  expect(await folded(id, '&at=2100-01-01')).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
  const paid = await shop.eventOf(id, 'payment.completed');
  expect((await folded(id, `&at=${paid.time.replace('Z', '%2B00:00')}`)).body).toMatchObject({ endedAt: null });
});

test.each([
  ['&at=now', '/at'],
  ['&at=2026-02-31T00:00:00Z', '/at'],
  ['&at=', '/at'],
  ['&when=2026-01-01', '/when'],
])('refuses %s with a problem', async (query, pointer) => {
  const { status, body } = await folded('0193a4b0-0000-7000-8000-000000000000', query);
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'invalid_request', errors: [expect.objectContaining({ pointer })] });
});

test('answers 404 for an order that it does not know', async () => {
  for (const id of ['0193a4b0-0000-7000-8000-000000000000', 'nonsense', 'a%00']) expect((await folded(id)).status).toBe(404);
});

describe('npm run ops', () => {
  test('verify orders: finds every order that differs, and nothing else', async () => {
    await Promise.all(Array.from({ length: 30 }, () => shop.place().then(({ id }) => shop.ended(id))));
    await caughtUp();
    const whole = await run(verifyOrders);
    expect(whole).toEqual({ code: 0, lines: [expect.stringMatching(/^\d+ orders: their rows are what their events say$/)] });

    const [changed = '', gone = ''] = shop.placed;
    const order = shop.database('order');
    await order.query('update orders set total = total + 1 where order_id = $1', [changed]);
    const { rows } = await order.query('delete from orders where order_id = $1 returning *', [gone]);
    expect(rows).toHaveLength(1);
    const found = await run(verifyOrders);
    expect(found.code).toBe(1);
    expect(found.lines).toContain(`${changed}: total is 2501, its events say 2500`);
    expect(found.lines).toContain(`${gone}: the order service does not have it`);
    expect(found.lines.at(-1)).toMatch(/^2 of \d+ orders differ$/);
    await order.query('update orders set total = total - 1 where order_id = $1', [changed]);
  });

  test('sagas: list, show, cancel', async () => {
    shop.gates.beforeCharge.close();
    const { id } = await shop.place({ customerId: 'ops' });
    const listed = await until(
      async () => {
        const { lines } = await run(listSagas, '--waiting-for', 'chargePayment', '--customer', 'ops');
        return lines.find((line) => line.startsWith(id));
      },
      () => 'The saga is not listed',
    );
    expect(listed).toMatch(/RESERVED .* inventory\.reserved +payment-service chargePayment$/);
    expect((await run(listSagas, '--stuck')).lines).toHaveLength(1);
    // The log of the order service may be read later than that of inventory.
    const lines = await until(
      async () => {
        const shown = await run(showSaga, id);
        return shown.lines.some((line) => line.includes('order.created  ')) ? shown.lines : undefined;
      },
      () => 'The beginning of the saga is not shown',
    );
    expect(lines[0]).toMatch(new RegExp(`^${id} of customer ops, RESERVED`));
    expect(lines).toContainEqual(
      expect.stringMatching(/^\d+ ms +inventory\.reserved +inventory-service reserveStock +\d+ ms +order\.created$/),
    );
    expect(lines).toContainEqual(expect.stringContaining('waits for payment-service chargePayment'));
    expect(lines).toContain('as planned there follow payment.completed, shipping.shipped, order.completed, notification.sent');
    expect((await run(cancelSaga, id, '--reason', 'Told by phone')).lines).toEqual([`${id} is being cancelled`]);
    shop.gates.beforeCharge.open();
    expect(await shop.ended(id)).toBe('CANCELLED');
    let first: string | undefined;
    await until(
      async () => {
        [first] = (await run(showSaga, id)).lines;
        return first?.includes(', CANCELLED (cancelled_on_request): *** (13 characters), ') || undefined;
      },
      () => `Why it was cancelled is not shown: ${first}`,
    );
    await expect(run(cancelSaga, id)).rejects.toThrow('answered 409');
    const { body } = await operations.call<{ items: { about: string; what: string; result: string }[] }>('GET', '/audit');
    const acts = body.items.filter(({ about, what }) => about === id && what === 'sagas.cancel').map(({ result }) => result);
    expect(acts).toEqual([expect.stringMatching(/^refused: /), 'begun', 'asked for', 'begun']);
    await expect(run(showSaga)).rejects.toThrow('Name one order, not 0.');
    await expect(run(listSagas, '--colour', 'red')).rejects.toThrow("Unknown option '--colour'");
    await expect(run(listSagas, '--limit', 'many')).rejects.toThrow('/limit');
    await expect(run(listSagas, 'extra')).rejects.toThrow("Unexpected argument 'extra'");
    await expect(run(listSagas, '--older-than', '5x')).rejects.toThrow('"5x" is no age: write it like 30s, 10min, 2h or 3d.');
    expect((await run(listSagas, '--older-than', '2h')).lines).toHaveLength(1);
  });

  test('sagas cancel: an order that the order service does not have', async () => {
    await expect(run(cancelSaga, randomUUID(), '--reason', 'Told by phone')).rejects.toThrow('answered 404');
  });

  test('sagas cancel: what is no id of an order is none, and nothing is written down', async () => {
    for (const id of ['nonsense', 'a\0b'])
      await expect(run(cancelSaga, id, '--reason', 'Told by phone')).rejects.toThrow('answered 404');
    const { body } = await operations.call<{ items: { about: string | null }[] }>('GET', '/audit');
    expect(body.items.filter(({ about }) => about === 'nonsense' || about === 'a\0b')).toEqual([]);
  });
});
