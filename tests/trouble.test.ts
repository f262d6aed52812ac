import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Parked } from './support/event-spy.js';
import { antarctica, openShop, type Shop } from './support/shop.js';
import { disconnect } from './support/shop-trouble.js';
import { until } from './support/until.js';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
afterEach(async () => {
  expect(await shop.invariants()).toEqual([]);
});

/** Its three events, what is redelivered to it, requests for its log, and the binding to the default exchange that every queue has. */
const shippingBindings = 6;
const bindingsOf = (queue: string) => shop.vhost.api<unknown[]>(`/queues/{vhost}/${queue}/bindings`).catch(() => []);

/** Places orders that are under way, one of them surely held before its charge, when `trouble` comes; then they may go on. */
async function inMidFlight(trouble: () => Promise<void>): Promise<void> {
  shop.gates.beforeCharge.close();
  const held = await shop.place();
  await shop.gates.beforeCharge.holds(held.id);
  const others = await Promise.all(Array.from({ length: 20 }, () => shop.place()));
  await trouble();
  shop.gates.beforeCharge.open();
  for (const { id } of [held, ...others]) expect(await shop.ended(id)).toBe('COMPLETED');
}

describe('the payment gateway', () => {
  test('fails twice for a flaky card: the charge waits, is tried again under the same key, and succeeds', async () => {
    const { id } = await shop.place({ paymentMethod: 'pm_card_flaky' });
    expect(await shop.ended(id)).toBe('COMPLETED');
    const { rows } = await shop.database('payment').query(
      `select attempts, (select count(*)::int from provider_answers where reference = $1 and kind = 'charge') as charges
         from provider_attempts where idempotency_key = (select idempotency_key from provider_answers where reference = $1)`,
      [id],
    );
    expect(rows).toEqual([{ attempts: expect.any(Number), charges: 1 }]);
    // A delivery that comes twice asks twice.
    expect(rows[0].attempts).toBeGreaterThanOrEqual(3);
  });

  test('never answers: the charge is parked with its reason, and the deadline cancels the order', async () => {
    const { id } = await shop.place({ paymentMethod: 'pm_gateway_down' });
    const reserved = await shop.eventOf(id, 'inventory.reserved');
    expect(await shop.spy.parkedEvent(reserved.id)).toMatchObject({
      service: 'payment-service',
      reason: expect.stringContaining('The payment gateway does not answer'),
      event: reserved,
      headers: {
        'x-service': 'payment-service',
        'x-attempts': 4,
        'x-exchange': 'inventory.events',
        'x-routing-key': 'inventory.reserved',
      },
    });
    // Progress that ends nothing is written down when something else is, or a little later.
    const isReserved = async () => (await shop.order(id)).status === 'RESERVED' || undefined;
    await until(isReserved, () => 'That its stock is reserved is not written down');
    await shop.expire(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
  });

  test('that is slow for one order delays no other', async () => {
    shop.gates.beforeCharge.close();
    const slow = await shop.place();
    await shop.gates.beforeCharge.holds(slow.id);
    shop.gates.beforeCharge.openForNewcomers();
    const quick = await shop.place();
    expect(await shop.ended(quick.id)).toBe('COMPLETED');
    expect(await shop.order(slow.id)).toMatchObject({ status: 'RESERVED' });
    shop.gates.beforeCharge.open();
    expect(await shop.ended(slow.id)).toBe('COMPLETED');
  });
});

describe('a message that nobody can handle', () => {
  test.each([
    ['is no JSON', 'nonsense {', 'The message is not JSON'],
    ['is no event', '{"hello":"world"}', 'No step of this service consumes "no type"'],
    ['is of an unknown type', '{"type":"order.unheard_of"}', 'No step of this service consumes "order.unheard_of"'],
    ['breaks its contract', '{"type":"order.created","data":{}}', 'order.created breaks its contract'],
  ])('because it %s is parked with the reason, and blocks nobody', async (_, body, reason) => {
    shop.spy.publish('order.events', 'order.created', body);
    const { id } = await shop.place();
    expect(await shop.ended(id)).toBe('COMPLETED');
    const isIt = (each: Parked) => each.reason.includes(reason);
    const parked = await shop.spy.parkedBecause(isIt, `a message that ${_}`);
    expect(parked.service).toBe('inventory-service');
    // Events that a busy machine confirms late are sent again, and may be parked again: those are not counted.
    expect(shop.spy.parked.filter(isIt)).toHaveLength(1);
  });

  test('because its order does not exist is parked at once, without another attempt', async () => {
    const { id } = await shop.place({ paymentMethod: 'pm_card_declined' });
    await shop.ended(id);
    const failed = await shop.eventOf(id, 'payment.failed');
    const orderId = randomUUID();
    const stray = { ...failed, id: randomUUID(), subject: orderId, data: { orderId, reason: 'x' } };
    shop.spy.publish('payment.events', 'payment.failed', JSON.stringify(stray));
    expect(await shop.spy.parkedEvent(stray.id)).toMatchObject({ service: 'order-service', headers: { 'x-attempts': 1 } });
  });
});

describe('a forged event', () => {
  test('of a payment that was never made ships nothing: every consumer parks it, and counts it', async () => {
    shop.gates.beforeCharge.close();
    const order = await shop.place({ paymentMethod: 'pm_card_declined' });
    await shop.gates.beforeCharge.holds(order.id);
    const paid = await shop.place();
    shop.gates.beforeCharge.openForNewcomers();
    const { data, ...envelope } = await shop.eventOf((await shop.place()).id, 'payment.completed');
    const about = { id: randomUUID(), subject: order.id, data: { ...Object(data), orderId: order.id } };
    const forged = { ...envelope, ...about, source: '/notification-service' };
    shop.spy.publishForged('payment.events', 'payment.completed', forged);
    for (const service of ['order-service', 'shipping-service']) {
      const isIt = (each: Parked) => each.service === service && each.event?.id === forged.id;
      const { reason } = await shop.spy.parkedBecause(isIt, `the payment in ${service}`);
      expect(reason).toBe('Forged: "/notification-service" does not emit payment.completed');
    }
    shop.gates.beforeCharge.open();
    expect(await shop.ended(order.id)).toBe('CANCELLED');
    expect(await shop.ended(paid.id)).toBe('COMPLETED');
    expect(shop.events(order.id)).not.toContain('shipping.shipped');
    const metrics = await (await fetch(new URL('/metrics', shop.service('shipping').url))).text();
    expect(metrics).toMatch(/^quickstep_forged_messages_total\{service="shipping-service"\} 1$/m);
  });
});

describe('an order that cannot end', () => {
  test('is cancelled by its deadline, then reported as stuck, and ends when it can', async () => {
    await shop.service('shipping').stop();
    const { id } = await shop.place();
    await shop.eventOf(id, 'payment.completed');
    await shop.expire(id);
    await shop.eventOf(id, 'order.cancellation_requested');
    await shop.expire(id);
    await shop.eventOf(id, 'order.stuck');
    const stuck = await shop.call<{ items: { id: string }[] }>('order', 'GET', '/orders?stuck=true');
    expect(stuck.body.items.map((order) => order.id)).toEqual([id]);
    await shop.start('shipping');
    // Payment and cancellation wait for shipping in one queue; which one is decided first is open.
    const ending = await shop.ended(id);
    expect(await shop.order(id)).toMatchObject({ status: ending, stuckSince: null });
  });
});

describe('in mid-flight', () => {
  test.each(['order', 'payment'] as const)('the connections of %s are closed', async (name) => {
    await inMidFlight(() => disconnect(shop, name));
  });

  test.each(['inventory', 'payment', 'order'] as const)('%s is stopped and started', async (name) => {
    await inMidFlight(async () => {
      const stopped = shop.service(name).stop();
      // It finishes what it has begun: the charges too.
      shop.gates.beforeCharge.open();
      await stopped;
      await shop.start(name);
    });
  });

  test('the queue of shipping is deleted: it is declared anew, with its bindings and its consumer', async () => {
    await shop.vhost.api('/queues/{vhost}/shipping-service', { method: 'DELETE' });
    await until(
      async () => ((await bindingsOf('shipping-service')).length === shippingBindings ? true : undefined),
      () => 'The queue of shipping has not come back',
    );
    const { id } = await shop.place();
    expect(await shop.ended(id)).toBe('COMPLETED');
  });

  test('an event is lost with its queue, and not asked for: the deadline cancels the order, and the money comes back', async () => {
    await shop.service('shipping').stop();
    const { id } = await shop.place();
    shop.lose(await shop.eventOf(id, 'payment.completed'));
    await shop.vhost.api('/queues/{vhost}/shipping-service', { method: 'DELETE' });
    await shop.start('shipping', { CATCH_UP: 'now' });
    await shop.expire(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(await shop.eventOf(id, 'payment.refunded')).toMatchObject({ data: { amount: 2_500 } });
  });

  test('the database of payment drops its connections', async () => {
    await inMidFlight(async () => {
      await shop
        .database('payment')
        .query(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        );
    });
  });
});

test('every event that comes again changes nothing', async () => {
  const orders = [
    await shop.place(),
    await shop.place({ shippingAddress: antarctica }),
    await shop.place({ paymentMethod: 'pm_card_declined' }),
  ];
  for (const { id } of orders) await shop.ended(id);
  await shop.settled();
  const before = await Promise.all(orders.map(({ id }) => shop.order(id)));
  const known = shop.spy.all.length;
  const duplicates = await shop.duplicatesIn('inventory');
  for (const { id } of orders) {
    for (const event of shop.spy.about(id))
      shop.spy.publish(`${event.type.split('.')[0]}.events`, event.type, JSON.stringify(event));
  }
  // The queues keep their order: this one comes after all copies.
  const last = await shop.place();
  await shop.ended(last.id);
  await shop.settled();
  expect(await Promise.all(orders.map(({ id }) => shop.order(id)))).toEqual(before);
  expect(shop.spy.all).toHaveLength(known + shop.events(last.id).length);
  // Three times order.created, twice inventory.release, once shipping.shipped.
  expect(await shop.duplicatesIn('inventory')).toBe(duplicates + 6);
});
