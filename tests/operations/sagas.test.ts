import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { archiveOf } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
import { projectionsCaughtUp } from '../support/projected.js';
import { openShop, type Shop } from '../support/shop.js';
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

const sagasOf = async (query: string) =>
  (await operations.call<{ items: Saga[]; nextCursor?: string }>('GET', `/sagas?${query}`)).body;
const detailOf = async (id: string) => (await operations.call<Detail>('GET', `/sagas/${id}`)).body;
const caughtUp = () => projectionsCaughtUp(shop, operations, database);

test('sagas tell how far an order has come, and what it waits for', async () => {
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

test('sagas name the orders that cannot end', async () => {
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

test('sagas tell by a code why an order was cancelled, also that its deadline has passed', async () => {
  shop.gates.beforeCharge.close();
  const { id } = await shop.place({ customerId: 'late' });
  await shop.gates.beforeCharge.holds(id);
  await shop.expire(id);
  await shop.eventOf(id, 'order.cancellation_requested');
  shop.gates.beforeCharge.open();
  await shop.ended(id);
  await caughtUp();
  expect((await sagasOf('customerId=late')).items).toMatchObject([{ state: 'CANCELLED', reasonCode: 'deadline_passed' }]);
});

test('sagas come page by page, newest first, also when their ids do not grow with time', async () => {
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
