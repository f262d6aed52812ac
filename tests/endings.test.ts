import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { antarctica, openShop, type Shop } from './support/shop.js';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
afterEach(async () => {
  expect(await shop.invariants()).toEqual([]);
});

/** The events about an order, whatever order unrelated ones came in. */
const heard = async (id: string) => {
  await shop.settled();
  return shop.events(id).sort();
};

describe('an order ends', () => {
  test('completed: reserved, paid and shipped', async () => {
    const { id, total } = await shop.place();
    expect(total).toBe(2_500);
    expect(await shop.ended(id)).toBe('COMPLETED');
    expect(await heard(id)).toEqual([
      'inventory.reserved',
      'notification.sent',
      'order.completed',
      'order.created',
      'payment.completed',
      'shipping.shipped',
    ]);
    expect(await shop.order(id)).toMatchObject({
      status: 'COMPLETED',
      trackingNumber: expect.stringMatching(/^QS/),
      reason: null,
    });
  });

  test('cancelled when there is not enough stock: nothing to undo', async () => {
    const { id } = await shop.place({ items: [{ sku: 'SKU-RARE', quantity: 2 }] });
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(await heard(id)).toEqual(['inventory.insufficient', 'notification.sent', 'order.cancelled', 'order.created']);
    expect(await shop.order(id)).toMatchObject({ reason: 'Not enough stock', reasonCode: 'out_of_stock' });
  });

  test('cancelled when the card is declined: the stock is released', async () => {
    const { id } = await shop.place({ paymentMethod: 'pm_card_declined' });
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(await heard(id)).toEqual([
      'inventory.release',
      'inventory.released',
      'inventory.reserved',
      'notification.sent',
      'order.cancelled',
      'order.created',
      'payment.failed',
    ]);
    const declined = { reason: 'Payment declined: insufficient funds', reasonCode: 'payment_declined', cancellation: null };
    expect(await shop.order(id)).toMatchObject(declined);
  });

  test('cancelled when the carrier refuses: the money comes back, then the stock', async () => {
    const { id } = await shop.place({ shippingAddress: antarctica });
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(await heard(id)).toEqual([
      'inventory.release',
      'inventory.released',
      'inventory.reserved',
      'notification.sent',
      'notification.sent',
      'order.cancelled',
      'order.created',
      'payment.completed',
      'payment.refund',
      'payment.refunded',
      'shipping.failed',
    ]);
    const { data } = await shop.eventOf(id, 'payment.refunded');
    expect(data).toMatchObject({ amount: 2_500, currency: 'EUR' });
    expect(await shop.order(id)).toMatchObject({ status: 'CANCELLED', reasonCode: 'carrier_refused' });
  });

  test('cancelled when the deadline passes while the money is being charged: a late charge is given back', async () => {
    shop.gates.beforeCharge.close();
    const { id } = await shop.place();
    await shop.gates.beforeCharge.holds(id);
    await shop.expire(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(await shop.eventOf(id, 'order.cancellation_requested')).toMatchObject({ data: { requestedBy: 'deadline' } });
    shop.gates.beforeCharge.open();
    await shop.settled();
    expect(shop.events(id).filter((type) => type === 'payment.refunded')).toHaveLength(2);
    const late = { reason: 'The order was not completed in time', reasonCode: 'deadline_passed' };
    expect(await shop.order(id)).toMatchObject({ status: 'CANCELLED', ...late });
  });

  test('the last one of an item goes to one customer only', async () => {
    const rivals = await Promise.all(Array.from({ length: 5 }, () => shop.place({ items: [{ sku: 'SKU-RARE', quantity: 1 }] })));
    const endings = await Promise.all(rivals.map(({ id }) => shop.ended(id)));
    expect(endings.sort()).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED', 'CANCELLED', 'COMPLETED']);
  });
});

describe('a customer cancels', () => {
  test('while the order is pending: every step that comes late does nothing', async () => {
    await shop.service('inventory').stop();
    const { id } = await shop.place();
    expect(await shop.cancel(id)).toMatchObject({ status: 202, body: { status: 'CANCELLING' } });
    await shop.eventOf(id, 'payment.refunded');
    expect(await shop.order(id)).toMatchObject({ status: 'CANCELLING' });
    await shop.start('inventory');
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(await shop.eventOf(id, 'payment.refunded')).toMatchObject({ data: { amount: 0 } });
  });

  test('while the stock is reserved and the card is about to be charged', async () => {
    shop.gates.beforeCharge.close();
    const { id } = await shop.place();
    await shop.gates.beforeCharge.holds(id);
    expect(await shop.cancel(id)).toMatchObject({ status: 202, body: { reason: 'Cancelled by the customer' } });
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(await shop.order(id)).toMatchObject({ reasonCode: 'cancelled_on_request', cancellation: { rejectedAt: null } });
    shop.gates.beforeCharge.open();
    await shop.settled();
    expect(shop.events(id)).not.toContain('shipping.shipped');
  });

  test('while the charge is on its way back: it is given back once', async () => {
    shop.gates.afterCharge.close();
    const { id } = await shop.place();
    await shop.gates.afterCharge.holds(id);
    await shop.cancel(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(await shop.eventOf(id, 'payment.refunded')).toMatchObject({ data: { amount: 2_500 } });
    shop.gates.afterCharge.open();
    await shop.settled();
    expect(shop.events(id).filter((type) => type === 'payment.refunded')).toHaveLength(1);
  });

  test('after payment, before the parcel is handed over: the late booking is recalled', async () => {
    shop.gates.beforeBooking.close();
    const { id } = await shop.place();
    await shop.gates.beforeBooking.holds(id);
    await shop.eventOf(id, 'payment.completed');
    await shop.cancel(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
    shop.gates.beforeBooking.open();
    await shop.eventOf(id, 'shipping.recall');
    await shop.settled();
    expect(shop.events(id)).not.toContain('shipping.shipped');
    expect(await shop.call('shipping', 'GET', `/shipments/${id}`)).toMatchObject({ body: { status: 'RECALLED' } });
  });

  test.each([
    ['order', ['order'] as const],
    ['order and inventory', ['order', 'inventory'] as const],
  ])('too late: the rejected cancellation repeats that the parcel is gone to %s, to whom that was lost', async (_, losers) => {
    const bindAgain = await Promise.all(losers.map((name) => shop.unbind(name, 'shipping.shipped')));
    const { id } = await shop.place();
    const shipped = await shop.eventOf(id, 'shipping.shipped');
    shop.lose(shipped);
    for (const bind of bindAgain) await bind();
    expect(await shop.cancel(id)).toMatchObject({ status: 202, body: { status: 'CANCELLING' } });
    expect(await shop.ended(id)).toBe('COMPLETED');
    await shop.settled();
    const told = shop.spy.about(id).filter(({ type }) => type === 'shipping.shipped');
    expect(told.map(({ data }) => data)).toEqual([shipped.data, shipped.data]);
    expect(shop.events(id)).toContain('shipping.cancellation_rejected');
    const { rows } = await shop.database('inventory').query('select status from reservations where order_id = $1', [id]);
    expect(rows).toEqual([{ status: 'committed' }]);
    const cancellation = { requestedAt: expect.any(String), rejectedAt: expect.any(String) };
    expect(await shop.order(id)).toMatchObject({ status: 'COMPLETED', reason: null, reasonCode: null, cancellation });
  });

  test('a proof that only inventory lost leaves stock reserved for an order that has ended: the comparison finds it', async () => {
    const bindAgain = await shop.unbind('inventory', 'shipping.shipped');
    const { id } = await shop.place();
    expect(await shop.ended(id)).toBe('COMPLETED');
    const shipped = await shop.eventOf(id, 'shipping.shipped');
    await shop.eventOf(id, 'notification.sent');
    await bindAgain();
    expect(await shop.differences(id)).toEqual([{ rule: 'the stock of a completed order has left', detail: `${id}: reserved` }]);
    shop.publishAgain(shipped);
    await shop.settled();
    expect(await shop.differences(id)).toEqual([]);
  });

  test('after the end: told that it has ended', async () => {
    const { id } = await shop.place();
    await shop.ended(id);
    expect(await shop.cancel(id)).toMatchObject({ status: 409, body: { code: 'order_ended' } });
  });
});

describe('every event', () => {
  test('belongs to the saga of its order and to the trace of its request, and names its cause', async () => {
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    const { id } = await shop.place({ shippingAddress: antarctica }, { traceparent, 'x-request-id': 'request-7' });
    await shop.ended(id);
    await shop.settled();
    const events = shop.spy.about(id);
    for (const event of events) {
      expect(event).toMatchObject({ correlationid: id, tenantid: 'default', specversion: '1.0' });
      expect(event.traceparent).toMatch(new RegExp(`^00-${'ab'.repeat(16)}-[0-9a-f]{16}-01$`));
    }
    // The work that placed it has the order's id, whatever the client calls its request.
    const typeOf = new Map([[id, 'request'], ...events.map((event) => [event.id, event.type] as const)]);
    const causes = events.map(({ type, causationid }) => `${typeOf.get(causationid) ?? causationid} -> ${type}`);
    expect(causes.sort()).toEqual([
      'inventory.release -> inventory.released',
      'inventory.released -> order.cancelled',
      'inventory.reserved -> payment.completed',
      'order.cancelled -> notification.sent',
      'order.created -> inventory.reserved',
      'payment.completed -> payment.refund',
      'payment.completed -> shipping.failed',
      'payment.refund -> inventory.release',
      'payment.refund -> payment.refunded',
      'payment.refunded -> notification.sent',
      'request -> order.created',
    ]);
  });
});

test('what customers were told can be read', async () => {
  const { id } = await shop.place({ shippingAddress: antarctica });
  await shop.ended(id);
  await shop.settled();
  const { body } = await shop.call<{ items: { template: string; status: string; recipient: string; body: string }[] }>(
    'notification',
    'GET',
    `/notifications?orderId=${id}`,
  );
  expect(
    body.items
      .map(({ template, status, recipient }) => ({ template, status, recipient }))
      .sort((a, b) => (a.template < b.template ? -1 : 1)),
  ).toEqual([
    { template: 'order-cancelled', status: 'SENT', recipient: 'ada@example.com' },
    { template: 'payment-refunded', status: 'SENT', recipient: 'ada@example.com' },
  ]);
  expect(await shop.call('payment', 'GET', `/payments/${id}`)).toMatchObject({
    status: 200,
    body: { status: 'REFUNDED', amount: 2_500, refundedAmount: 2_500 },
  });
  expect(await shop.call('shipping', 'GET', `/shipments/${id}`)).toMatchObject({ status: 200, body: { status: 'REFUSED' } });
});
