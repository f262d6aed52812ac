import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openObserver } from '../support/observer.js';
import { openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

const CLIENTS = 48;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** Places many orders; `meanwhile` is called when a third of them have been placed, while the others follow. */
async function placeMany(count: number, meanwhile = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  let done: Promise<void> | undefined;
  const client = async () => {
    for (let index = next++; index < count; index = next++) {
      ids.push((await shop.place()).id);
      if (index < count / 3) continue;
      done ??= meanwhile();
      await done;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await done;
  return ids;
}

async function allComplete(ids: readonly string[]): Promise<void> {
  const endings = await Promise.all(ids.map((id) => shop.ended(id)));
  expect(endings.filter((ending) => ending !== 'COMPLETED')).toEqual([]);
  expect(await shop.invariants()).toEqual([]);
}

test("payment's queue is deleted while 2,000 orders run: nothing is lost, no order is stuck", async () => {
  const ids = await placeMany(2_000, async () => {
    await shop.vhost.api('/queues/{vhost}/payment-service', { method: 'DELETE' });
  });
  expect(ids.length).toBe(2_000);
  await allComplete(ids);
});

test("payment's queue is unbound while 600 orders run: told since when, payment gets what it missed", async () => {
  const since = new Date(Date.now() - 60_000).toISOString();
  let bindAgain = async () => {};
  const ids = await placeMany(600, async () => {
    bindAgain = await shop.unbind('payment', 'inventory.reserved');
  });
  await Promise.all(ids.map((id) => shop.eventOf(id, 'inventory.reserved')));
  const paid = new Set(shop.spy.all.filter(({ type }) => type === 'payment.completed').map(({ subject }) => subject));
  expect(ids.filter((id) => !paid.has(id)).length).toBeGreaterThan(100);
  await shop.service('payment').stop();
  await bindAgain();
  await shop.start('payment', { CATCH_UP: since });
  await allComplete(ids);
});

test('an observer that is new after all these events sees each of them once', async () => {
  const ids = await placeMany(200);
  await allComplete(ids);
  const { seen, close } = await openObserver(shop, 'history-service', 'beginning');
  const expected = shop.spy.all.flatMap(({ id, type }) => (type === 'order.created' || type === 'order.completed' ? [id] : []));
  expect(expected.length).toBeGreaterThanOrEqual(2 * ids.length);
  await until(
    async () => (await seen()).length >= expected.length || undefined,
    () => 'Not everything was seen',
  );
  expect(await seen()).toEqual(expected.sort());
  await close();
});
