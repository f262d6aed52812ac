import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type OwnServers, openRestricted, ownServers } from '../support/restricted.js';
import { antarctica, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

let servers: OwnServers;
let shop: Shop;
let setUpAgain: () => Promise<void>;

beforeAll(async () => {
  servers = await ownServers();
  ({ shop, setUpAgain } = await openRestricted(servers));
});
afterAll(async () => {
  await shop?.close();
  await servers?.stop();
});
afterEach(async () => {
  expect(await shop.invariants()).toEqual([]);
});

/** Every service under its own broker account and database role. */
describe('with the least rights an order ends', () => {
  test('completed', async () => {
    const { id } = await shop.place();
    expect(await shop.ended(id)).toBe('COMPLETED');
  });

  test.each([
    ['there is not enough stock', { items: [{ sku: 'SKU-RARE', quantity: 2 }] }, 'inventory.insufficient'],
    ['the card is declined', { paymentMethod: 'pm_card_declined' }, 'inventory.release'],
    ['the carrier refuses', { shippingAddress: antarctica }, 'payment.refund'],
  ])('cancelled when %s', async (_, changes, event) => {
    const { id } = await shop.place(changes);
    expect(await shop.ended(id)).toBe('CANCELLED');
    await shop.settled();
    expect(shop.events(id)).toContain(event);
  });

  test('completed after two attempts that waited in the retry queues', async () => {
    const retried = await shop.handledIn('payment', 'retried');
    const { id } = await shop.place({ paymentMethod: 'pm_card_flaky' });
    expect(await shop.ended(id)).toBe('COMPLETED');
    expect(await shop.handledIn('payment', 'retried')).toBe(retried + 2);
  });

  test('cancelled by the customer after the charge was parked', async () => {
    const { id } = await shop.place({ paymentMethod: 'pm_gateway_down' });
    const reserved = await shop.eventOf(id, 'inventory.reserved');
    const { headers } = await shop.spy.parkedEvent(reserved.id);
    // Published by inventory's account, whose name the copies of payment carry.
    expect(headers).toMatchObject({ 'x-user-id': 'inventory-service', 'x-service': 'payment-service' });
    await shop.cancel(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
  });

  test('cancelled by its deadline, and a late charge is given back', async () => {
    shop.gates.beforeCharge.close();
    const { id } = await shop.place();
    await shop.gates.beforeCharge.holds(id);
    await shop.expire(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
    shop.gates.beforeCharge.open();
    await shop.settled();
    expect(shop.events(id).filter((type) => type === 'payment.refunded')).toHaveLength(2);
  });

  test('cancelled before the parcel is handed over: the late booking is recalled', async () => {
    shop.gates.beforeBooking.close();
    const { id } = await shop.place();
    await shop.gates.beforeBooking.holds(id);
    await shop.eventOf(id, 'payment.completed');
    await shop.cancel(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
    shop.gates.beforeBooking.open();
    await shop.eventOf(id, 'shipping.recall');
  });

  test('completed when the cancellation comes too late', async () => {
    const binding = '/bindings/{vhost}/e/shipping.events/q/order-service';
    await shop.vhost.api(`${binding}/shipping.shipped`, { method: 'DELETE' });
    const { id } = await shop.place();
    shop.lose(await shop.eventOf(id, 'shipping.shipped'));
    await shop.vhost.api(binding, { method: 'POST', body: { routing_key: 'shipping.shipped' } });
    await shop.cancel(id);
    expect(await shop.ended(id)).toBe('COMPLETED');
    await shop.settled();
    expect(shop.events(id)).toContain('shipping.cancellation_rejected');
  });

  test('completed when nobody told payment of the stock, and payment asks for it', async () => {
    const binding = '/bindings/{vhost}/e/inventory.events/q/payment-service';
    await shop.vhost.api(`${binding}/inventory.reserved`, { method: 'DELETE' });
    const { id } = await shop.place();
    await shop.eventOf(id, 'inventory.reserved');
    await shop.vhost.api(binding, { method: 'POST', body: { routing_key: 'inventory.reserved' } });
    await shop.service('payment').stop();
    await shop.start('payment', { CATCH_UP: 'beginning' });
    expect(await shop.ended(id)).toBe('COMPLETED');
  });
});

test('a queue that is deleted comes back when the definitions are imported again, and what it has missed is asked for', async () => {
  await shop.vhost.api('/queues/{vhost}/payment-service', { method: 'DELETE' });
  const { id } = await shop.place();
  await shop.eventOf(id, 'inventory.reserved');
  const noted = async () => (await shop.database('payment').query('select from catch_up')).rowCount || undefined;
  await until(noted, () => 'Payment has not noticed that its queue is gone');
  await setUpAgain();
  expect(await shop.ended(id)).toBe('COMPLETED');
});

test('messages carry the account that published them, checked by the broker', async () => {
  const name = 'who-publishes';
  await shop.vhost.api(`/queues/{vhost}/${name}`, { method: 'PUT', body: { durable: true } });
  await shop.vhost.api(`/bindings/{vhost}/e/payment.events/q/${name}`, { method: 'POST', body: { routing_key: '#' } });
  const { id } = await shop.place({ shippingAddress: antarctica });
  await shop.ended(id);
  const body = { count: 100, ackmode: 'ack_requeue_false', encoding: 'auto' };
  const messages = await shop.vhost.api<{ routing_key: string; properties: { user_id?: string } }[]>(
    `/queues/{vhost}/${name}/get`,
    {
      method: 'POST',
      body,
    },
  );
  const publishers = messages.map(({ routing_key, properties }) => `${routing_key} ${properties.user_id}`);
  expect(publishers.sort()).toEqual([
    'payment.completed payment-service',
    'payment.refund shipping-service',
    'payment.refunded payment-service',
  ]);
  await shop.vhost.api(`/queues/{vhost}/${name}`, { method: 'DELETE' });
});

test('the log gets its partitions although the role of the service may make no table', async () => {
  const months = "select count(*)::int as months from pg_inherits where inhparent = 'event_log'::regclass";
  const database = shop.database('order');
  const latest = `select max(relname) as name from pg_inherits join pg_class on oid = inhrelid
    where inhparent = 'event_log'::regclass and relname <> 'event_log_default'`;
  const [{ name }] = (await database.query(latest)).rows;
  await database.query(`drop table ${name}`);
  await shop.service('order').stop();
  await shop.start('order');
  const made = async () => (await database.query(months)).rows[0].months === 4 || undefined;
  await until(made, () => `${name} was not made again`);
});
