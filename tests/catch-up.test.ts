import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openObserver } from './support/observer.js';
import { openShop, type Shop } from './support/shop.js';
import { until } from './support/until.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/**
 * Never in the moment after it was declared: RabbitMQ 3.10 then loses the supervisor of at-least-once dead-lettering, and with it every
 * such queue that is declared later, until the broker is started again.
 */
const deleteQueue = (name: string) => shop.vhost.api(`/queues/{vhost}/${name}`, { method: 'DELETE' });

async function placeMany(count: number): Promise<string[]> {
  const placed = await Promise.all(Array.from({ length: count }, () => shop.place()));
  return placed.map(({ id }) => id);
}

async function allComplete(ids: readonly string[]): Promise<void> {
  const endings = await Promise.all(ids.map((id) => shop.ended(id)));
  expect(endings.filter((ending) => ending !== 'COMPLETED')).toEqual([]);
  await shop.settled();
}

/** Waits until all of these have an event that payment should have got. */
const reserved = (ids: readonly string[]) => Promise.all(ids.map((id) => shop.eventOf(id, 'inventory.reserved')));

test('a queue that is deleted while orders run loses nothing', async () => {
  const before = placeMany(200);
  await shop.eventOf((await shop.place()).id, 'inventory.reserved');
  await deleteQueue('payment-service');
  const orders = [...(await before), ...(await placeMany(100))];
  await allComplete(orders);
  expect(await shop.invariants()).toEqual([]);
});

describe('events that came while a queue was not there', () => {
  test('are sent by a service that was down when it was asked, whichever of the replicas asks', async () => {
    await shop.service('payment').stop();
    const orders = await placeMany(30);
    await reserved(orders);
    await shop.service('inventory').stop();
    await deleteQueue('payment-service');
    await shop.start('payment');
    await shop.startReplica('payment');
    await shop.start('inventory');
    await allComplete(orders);
    expect(await shop.invariants()).toEqual([]);
  });

  test('are sent when an emitter has no queue yet either', async () => {
    await shop.service('payment').stop();
    const orders = await placeMany(5);
    await reserved(orders);
    await shop.service('inventory').stop();
    await deleteQueue('payment-service');
    await deleteQueue('inventory-service');
    await shop.start('payment');
    await shop.start('inventory');
    await allComplete(orders);
  });

  test('that the queue was not bound to are sent when the service is told since when', async () => {
    const since = new Date(Date.now() - 60_000).toISOString();
    const [binding] = await shop.vhost.api<{ properties_key: string }[]>(
      '/bindings/{vhost}/e/inventory.events/q/payment-service?routing_key=inventory.reserved',
    );
    expect(binding).toBeDefined();
    const key = 'inventory.reserved';
    await shop.vhost.api(`/bindings/{vhost}/e/inventory.events/q/payment-service/${key}`, { method: 'DELETE' });
    const orders = await placeMany(30);
    await reserved(orders);
    await shop.service('payment').stop();
    await shop.start('payment', { CATCH_UP: since });
    await allComplete(orders);
    expect(await shop.invariants()).toEqual([]);
  });
});

describe('a new service', () => {
  const emitted = () =>
    shop.spy.all.flatMap(({ id, type }) => (type === 'order.created' || type === 'order.completed' ? [id] : [])).sort();

  test('that begins at the beginning sees everything once', async () => {
    await allComplete(await placeMany(10));
    const { seen, close } = await openObserver(shop, 'audit-service', 'beginning');
    const expected = emitted();
    expect(expected.length).toBeGreaterThan(20);
    await until(
      async () => (await seen()).length >= expected.length || undefined,
      () => 'Not everything was seen',
    );
    expect(await seen()).toEqual(expected);
    await close();
  });

  test('that begins now sees what is new', async () => {
    const before = emitted();
    const { seen, close } = await openObserver(shop, 'watch-service', 'now');
    await allComplete(await placeMany(3));
    const expected = emitted().filter((id) => !before.includes(id));
    await until(
      async () => (await seen()).length >= expected.length || undefined,
      () => 'Not everything was seen',
    );
    expect(await seen()).toEqual(expected);
    await close();
  });
});
