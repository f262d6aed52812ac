import { describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import {
  InventoryInsufficient,
  InventoryItemChanged,
  InventoryReleased,
  InventoryReserved,
  OrderCancellationRequested,
  OrderCancelled,
  OrderCompleted,
  OrderStuck,
  orderStateOf,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefunded,
  ShippingCancellationRejected,
  ShippingFailed,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { firing, given, happened, request, row, sampleOrder } from '@quickstep/shared/testing';
import { Catalogue, Orders } from '../src/db/tables.js';
import type { Order } from '../src/domain/order.js';
import { orderSteps } from '../src/steps/index.js';

const DEADLINE = 60_000;
const { cancelOrder, endOrder, expireOrder, recordProgress, updateCatalogue } = orderSteps(DEADLINE).steps;

const sample = sampleOrder();
const { orderId, customerId, items, total, currency, paymentMethod, shippingAddress } = sample;
const state = orderStateOf(sample);
const placedAt = new Date('2026-11-21T10:00:00Z');
const deadlineAt = new Date('2026-11-21T10:01:00Z');
const at = (time: string) => new Date(`2026-11-21T${time}Z`);

const reason = 'Payment declined: no funds';
const reserved = happened(InventoryReserved(sample));
const insufficient = happened(InventoryInsufficient({ orderId, shortages: [{ sku: 'SKU-1', requested: 2, available: 0 }] }));
const paid = happened(PaymentCompleted({ ...state, shippingAddress, chargeId: 'ch_1' }));
const declined = happened(PaymentFailed({ orderId, reason }));
const refunded = happened(PaymentRefunded({ orderId, customerId, amount: total, currency, reason }));
const shipped = happened(ShippingShipped({ orderId, items, trackingNumber: 'TRACK-1' }));
const unshipped = happened(ShippingFailed({ orderId, reason: 'Shipment refused: no route' }));
const tooLate = happened(ShippingCancellationRejected({ orderId, reason: 'The parcel has been shipped' }));
const released = happened(InventoryReleased({ orderId, reason }));
const requested = { 'order.cancellation_requested': '2026-11-21T10:00:30Z' };

const placed = (properties: Partial<Order> = {}) =>
  row(Orders, {
    ...state,
    paymentMethod,
    shippingAddress,
    email: 'ada@example.com',
    placedAt,
    deadlineAt,
    ...properties,
  });
const withFacts = (...facts: string[]) => Object.fromEntries(facts.map((fact) => [fact, '2026-11-21T10:00:10Z']));

describe('recordProgress and endOrder', () => {
  test('records a fact with the time of its event', () => {
    const world = given(placed());
    const event = happened(InventoryReserved(sample), { time: '2026-11-21T10:00:05Z' });
    expect(world.when(recordProgress, event)).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({
      status: 'RESERVED',
      facts: { 'inventory.reserved': '2026-11-21T10:00:05Z' },
      endedAt: null,
      deadlineAt,
    });
  });

  test('completes the order when it has been shipped', () => {
    const world = given(placed());
    world.when(recordProgress, reserved);
    world.when(recordProgress, paid);
    expect(world.when(endOrder, shipped, { now: at('10:00:20') })).toEqual([
      OrderCompleted({ ...state, trackingNumber: 'TRACK-1' }),
    ]);
    expect(world.row(Orders, orderId)).toMatchObject({
      status: 'COMPLETED',
      trackingNumber: 'TRACK-1',
      endedAt: at('10:00:20'),
      deadlineAt: null,
      reason: null,
    });
  });

  test('completes it although the shipment is heard of first, and only once', () => {
    const world = given(placed());
    expect(world.when(endOrder, shipped)).toEqual([OrderCompleted({ ...state, trackingNumber: 'TRACK-1' })]);
    for (const late of [paid, reserved, tooLate]) expect(world.when(recordProgress, late)).toEqual([]);
    expect(world.when(endOrder, shipped)).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'COMPLETED' });
  });

  test('cancels an order whose stock was insufficient', () => {
    const world = given(placed());
    expect(world.when(endOrder, insufficient)).toEqual([OrderCancelled({ ...state, reason: 'Not enough stock' })]);
  });

  test('waits for the stock before it cancels a declined order', () => {
    const world = given(placed({ facts: withFacts('inventory.reserved'), status: 'RESERVED' }));
    expect(world.when(endOrder, declined)).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'CANCELLING', reason });
    expect(world.when(endOrder, released)).toEqual([OrderCancelled({ ...state, reason })]);
  });

  test('waits for money and stock before it cancels a refused shipment', () => {
    const world = given(placed({ facts: withFacts('inventory.reserved', 'payment.completed'), status: 'PAID' }));
    expect(world.when(endOrder, unshipped)).toEqual([]);
    expect(world.when(recordProgress, refunded)).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'CANCELLING', endedAt: null });
    expect(world.when(endOrder, released)).toEqual([OrderCancelled({ ...state, reason: 'Shipment refused: no route' })]);
  });

  test('keeps the first reason', () => {
    const world = given(placed({ reason: 'Cancelled by the customer', facts: requested, status: 'CANCELLING' }));
    world.when(endOrder, unshipped);
    expect(world.when(endOrder, released)).toEqual([OrderCancelled({ ...state, reason: 'Cancelled by the customer' })]);
  });

  test('cancels for some reason even when the reason has not arrived yet', () => {
    const world = given(placed());
    expect(world.when(endOrder, released)).toEqual([OrderCancelled({ ...state, reason: 'Cancelled' })]);
  });

  test('ends once, however often an ending is announced', () => {
    const world = given(placed());
    world.when(endOrder, insufficient);
    const ended = world.row(Orders, orderId);
    expect(world.when(endOrder, released)).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({ endedAt: ended?.endedAt, status: 'CANCELLED' });
  });

  test('an order that was too late to cancel goes on to its end', () => {
    const world = given(placed({ facts: { ...withFacts('payment.completed'), ...requested }, status: 'CANCELLING' }));
    expect(world.when(recordProgress, tooLate)).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'PAID' });
    expect(world.when(endOrder, shipped)).toHaveLength(1);
  });

  test('ends a stuck order and says so no longer', () => {
    const world = given(placed({ facts: requested, status: 'CANCELLING', stuckSince: at('10:02:00') }));
    world.when(endOrder, released);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'CANCELLED', stuckSince: null, deadlineAt: null });
  });

  test('parks an event of an order that does not exist', () => {
    expect(() => given().when(recordProgress, reserved)).toThrow(Permanent);
    expect(() => given().when(endOrder, shipped)).toThrow(Permanent);
  });
});

describe('cancelOrder', () => {
  const customerAsks = request(orderId, {});

  test.each([['PENDING'], ['RESERVED'], ['PAID']] as const)('asks shipping to fail an order that is %s', (status) => {
    const world = given(placed({ status }));
    const decision = world.when(cancelOrder, customerAsks, { now: at('10:00:30') });
    const why = 'Cancelled by the customer';
    expect(decision).toMatchObject({
      accepted: true,
      reply: { orderId, status: 'CANCELLING', reason: why },
      events: [OrderCancellationRequested({ ...state, requestedBy: 'customer', reason: why })],
    });
    expect(world.row(Orders, orderId)).toMatchObject({
      status: 'CANCELLING',
      facts: { 'order.cancellation_requested': '2026-11-21T10:00:30.000Z' },
      deadlineAt: at('10:01:30'),
    });
  });

  test("passes the customer's own reason on", () => {
    const decision = given(placed()).when(cancelOrder, request(orderId, { reason: 'Found it cheaper' }));
    expect(decision).toMatchObject({ reply: { reason: 'Found it cheaper' }, events: [{ data: { reason: 'Found it cheaper' } }] });
  });

  test('twice asks once', () => {
    const world = given(placed());
    world.when(cancelOrder, customerAsks);
    expect(world.when(cancelOrder, customerAsks)).toMatchObject({ accepted: true, events: [] });
  });

  test('after the deadline asked already asks no more', () => {
    const world = given(placed());
    world.when(expireOrder, firing(orderId), { now: at('10:01:00') });
    expect(world.when(cancelOrder, customerAsks)).toMatchObject({ accepted: true, events: [] });
  });

  test.each(['COMPLETED', 'CANCELLED'] as const)('is refused once the order is %s', (status) => {
    const world = given(placed({ status, endedAt: at('10:00:20'), deadlineAt: null }));
    expect(world.when(cancelOrder, customerAsks)).toMatchObject({ accepted: false, kind: 'conflict', code: 'order_ended' });
  });

  test('is refused when there is no such order', () => {
    expect(given().when(cancelOrder, customerAsks)).toMatchObject({
      accepted: false,
      kind: 'not-found',
      code: 'order_not_found',
    });
  });
});

describe('expireOrder', () => {
  const reasonOfDeadline = 'The order was not completed in time';
  const stuck = OrderStuck({ orderId, status: 'CANCELLING', reason: 'Its cancellation was asked for, but has not ended' });

  test('cancels an order that is still open at its deadline', () => {
    const world = given(placed({ status: 'RESERVED', facts: withFacts('inventory.reserved') }));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:00') })).toEqual([
      OrderCancellationRequested({ ...state, requestedBy: 'deadline', reason: reasonOfDeadline }),
    ]);
    expect(world.row(Orders, orderId)).toMatchObject({
      status: 'CANCELLING',
      reason: reasonOfDeadline,
      deadlineAt: at('10:02:00'),
      stuckSince: null,
    });
  });

  test('does nothing before the deadline', () => {
    const world = given(placed());
    expect(world.when(expireOrder, firing(orderId), { now: at('10:00:59') })).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'PENDING', deadlineAt });
  });

  test('does nothing when the order has ended meanwhile, or never was', () => {
    const world = given(placed({ status: 'COMPLETED', endedAt: at('10:00:20'), deadlineAt: null }));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:00') })).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'COMPLETED', deadlineAt: null });
    expect(given().when(expireOrder, firing(orderId))).toEqual([]);
  });

  test('reports an order that cannot end as stuck since its second deadline, and asks no more', () => {
    const world = given(placed());
    world.when(expireOrder, firing(orderId), { now: at('10:01:00') });
    expect(world.when(expireOrder, firing(orderId), { now: at('10:02:00') })).toEqual([stuck]);
    expect(world.when(expireOrder, firing(orderId), { now: at('10:03:00') })).toEqual([]);
    expect(world.row(Orders, orderId)).toMatchObject({ stuckSince: at('10:02:00'), deadlineAt: at('10:04:00') });
  });

  test('reports an order as stuck whose cancellation, asked by the customer, does not come to an end', () => {
    const world = given(placed());
    world.when(cancelOrder, request(orderId, {}), { now: at('10:00:30') });
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:29') })).toEqual([]);
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:30') })).toEqual([stuck]);
    expect(world.row(Orders, orderId)).toMatchObject({ stuckSince: at('10:01:30') });
  });
});

describe('updateCatalogue', () => {
  const change = (revision: number, unitPrice: number) =>
    happened(InventoryItemChanged({ sku: 'SKU-1', name: 'Item', unitPrice, currency: 'EUR', revision }));

  test('creates and changes what the shop sells', () => {
    const world = given();
    expect(world.when(updateCatalogue, change(1, 1_000))).toEqual([]);
    world.when(updateCatalogue, change(2, 1_200));
    expect(world.rows(Catalogue)).toEqual([{ sku: 'SKU-1', name: 'Item', unitPrice: 1_200, currency: 'EUR', revision: 2 }]);
  });

  test('keeps the newer of two changes that arrive in the wrong order, or twice', () => {
    const world = given();
    world.when(updateCatalogue, change(2, 1_200));
    world.when(updateCatalogue, change(1, 1_000));
    world.when(updateCatalogue, change(2, 1_200));
    expect(world.row(Catalogue, 'SKU-1')).toMatchObject({ unitPrice: 1_200, revision: 2 });
  });
});
