import { describe, expect, test } from '@jest/globals';
import { outcome, refused } from '@quickstep/shared/choreography';
import { OrderCreated } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { newId } from '@quickstep/shared/service';
import { given, request, row } from '@quickstep/shared/testing';
import { Catalogue, Orders } from '../../src/db/tables.js';
import { orderSteps } from '../../src/steps/index.js';

const DEADLINE = 60_000;
const { placeOrder } = orderSteps(DEADLINE).steps;

const sample = sampleOrder();
const { orderId, customerId, email = '', paymentMethod, shippingAddress } = sample;
const items = [
  { sku: 'SKU-1', quantity: 2 },
  { sku: 'SKU-2', quantity: 1 },
];
const body = { customerId, email, items, paymentMethod, shippingAddress };
const now = new Date('2026-11-21T10:00:00Z');
const later = new Date('2026-11-21T10:05:00Z');

const item = (sku: string, unitPrice: number, currency = 'EUR') =>
  row(Catalogue, { sku, name: `Item ${sku}`, unitPrice, currency, revision: 1 });
const shop = () => given(item('SKU-1', 1_000), item('SKU-2', 500), item('USD-1', 700, 'USD'));

describe('placeOrder', () => {
  test('prices the order from the catalogue and begins the saga', () => {
    const world = shop();
    expect(world.when(placeOrder, request(orderId, body), { now })).toMatchObject({
      accepted: true,
      reply: {
        orderId,
        status: 'PENDING',
        total: 2_500,
        currency: 'EUR',
        items: sample.items,
        placedAt: now,
        deadlineAt: new Date('2026-11-21T10:01:00Z'),
      },
      ended: outcome('placed', OrderCreated(sample)),
    });
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'PENDING', facts: {}, requestHash: null, endedAt: null });
  });

  test('does without an email address', () => {
    const { email: _unknown, ...anonymous } = body;
    const decision = shop().when(placeOrder, request(orderId, anonymous));
    const { email: _none, ...unaddressed } = sample;
    expect(decision).toMatchObject({ ended: { outcome: 'placed' } });
    expect(decision.accepted && decision.ended.events[0]).toEqual(OrderCreated(unaddressed));
  });

  test('names every line that the catalogue does not have', () => {
    const world = shop();
    const unknown = [{ sku: 'NONE-1', quantity: 1 }, ...items, { sku: 'NONE-2', quantity: 1 }];
    expect(world.when(placeOrder, request(orderId, { ...body, items: unknown }))).toEqual(
      refused('invalid_request', 'Some items cannot be ordered', [
        { pointer: '/items/0/sku', detail: 'there is no item NONE-1 in the catalogue' },
        { pointer: '/items/3/sku', detail: 'there is no item NONE-2 in the catalogue' },
      ]),
    );
    expect(world.rows(Orders)).toEqual([]);
  });

  test('wants each item on one line', () => {
    const twice = [...items, { sku: 'SKU-1', quantity: 1 }];
    expect(shop().when(placeOrder, request(orderId, { ...body, items: twice }))).toMatchObject({
      accepted: false,
      errors: [{ pointer: '/items/2/sku', detail: 'SKU-1 is listed twice; add up its quantities' }],
    });
  });

  test('wants one currency', () => {
    const mixed = [...items, { sku: 'USD-1', quantity: 1 }];
    expect(shop().when(placeOrder, request(orderId, { ...body, items: mixed }))).toMatchObject({
      accepted: false,
      errors: [{ pointer: '/items', detail: 'the items have different currencies: EUR, USD' }],
    });
  });
});

describe('an idempotency key', () => {
  const keyed = (data: typeof body, key = 'key-1') => request(orderId, data, key);

  test('answers the same request as it did at first, and places one order', () => {
    const world = shop();
    const first = world.when(placeOrder, keyed(body), { now });
    const again = world.when(placeOrder, keyed(body), { now: later });
    expect(first).toMatchObject({ accepted: true, ended: outcome('placed', OrderCreated(sample)) });
    expect(again).toEqual({ ...first, ended: outcome('repeated') });
    expect(world.rows(Orders)).toHaveLength(1);
  });

  test('answers as at first although the order has moved on, and the prices too', () => {
    const world = given(
      item('SKU-1', 9_999),
      row(Orders, { ...sampleRow(), status: 'CANCELLED', reason: 'Not enough stock', endedAt: later, deadlineAt: null }),
    );
    expect(world.when(placeOrder, keyed(body), { now: later })).toMatchObject({
      accepted: true,
      reply: { status: 'PENDING', total: 2_500, reason: null, endedAt: null, deadlineAt: new Date('2026-11-21T10:01:00Z') },
      ended: outcome('repeated'),
    });
  });

  test('does not care in which order the properties come', () => {
    const world = shop();
    world.when(placeOrder, keyed(body), { now });
    const turned = { shippingAddress, paymentMethod, items, email, customerId };
    expect(world.when(placeOrder, keyed(turned), { now: later })).toMatchObject({ accepted: true, ended: outcome('repeated') });
  });

  test.each([
    ['customer', { ...body, customerId: 'customer-2' }],
    ['email', { ...body, email: 'grace@example.com' }],
    ['quantity', { ...body, items: [{ sku: 'SKU-1', quantity: 3 }] }],
    ['payment method', { ...body, paymentMethod: 'pm_card_other' }],
    ['address', { ...body, shippingAddress: { ...shippingAddress, city: 'Paris' } }],
  ])('refuses a request with another %s', (_what, other) => {
    const world = shop();
    world.when(placeOrder, keyed(body), { now });
    const before = world.rows(Orders);
    expect(world.when(placeOrder, keyed(other))).toEqual(
      refused('idempotency_key_reused', 'This Idempotency-Key was used for another request'),
    );
    expect(world.rows(Orders)).toEqual(before);
  });

  test('need not be there: then every request is another order', () => {
    const world = shop();
    world.when(placeOrder, request(newId(), body));
    world.when(placeOrder, request(newId(), body));
    expect(world.rows(Orders)).toHaveLength(2);
  });

  function sampleRow() {
    const world = shop();
    world.when(placeOrder, keyed(body), { now });
    return world.row(Orders, orderId) ?? { orderId };
  }
});
