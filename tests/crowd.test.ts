import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { serviceNames } from './support/services.js';
import { antarctica, type OrderRequest, openShop, type Shop, shelves } from './support/shop.js';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop({ EVENT_BATCHING: 'on', BATCH_LIMIT: '20' });
  await Promise.all(serviceNames.map((name) => shop.startReplica(name)));
});
afterAll(() => shop.close());
afterEach(async () => {
  expect(await shop.invariants()).toEqual([]);
});

const kinds: Partial<OrderRequest>[] = [
  {},
  { paymentMethod: 'pm_card_declined' },
  {},
  { shippingAddress: antarctica },
  { paymentMethod: 'pm_card_flaky' },
];

test('two of each service, with many events in a message, share the work without doing any of it twice', async () => {
  const orders = await Promise.all(Array.from({ length: 200 }, (_, index) => shop.place(kinds[index % kinds.length])));
  const endings = await Promise.all(orders.map(({ id }) => shop.ended(id)));
  expect(endings.filter((ending) => ending === 'COMPLETED')).toHaveLength(120);
  expect(shop.spy.batches).toBeGreaterThan(0);
});

test('customers who cancel at any moment get their order or their money, never both and never neither', async () => {
  const orders = await Promise.all(Array.from({ length: 60 }, () => shop.place()));
  const asked = await Promise.all(orders.map(({ id }) => shop.cancel(id)));
  for (const { status } of asked) expect([202, 409]).toContain(status);
  for (const { id } of orders) await shop.ended(id);
});

test('the last units go to as many customers as there are units', async () => {
  const [scarce = ''] = Object.keys(shelves).filter((sku) => shelves[sku]?.onHand === 1);
  const orders = await Promise.all(
    Array.from({ length: 40 }, () =>
      shop.place({
        items: [
          { sku: scarce, quantity: 1 },
          { sku: 'SKU-1', quantity: 1 },
        ],
      }),
    ),
  );
  const endings = await Promise.all(orders.map(({ id }) => shop.ended(id)));
  expect(endings.filter((ending) => ending === 'COMPLETED')).toHaveLength(1);
});
