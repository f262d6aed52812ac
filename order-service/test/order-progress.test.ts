import { describe, expect, test } from '@jest/globals';
import { accepted, ending, outcome, Permanent, refused } from '@quickstep/shared/choreography';
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
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import type { EventDraft } from '@quickstep/shared/events';
import { firing, given, happened, request, row } from '@quickstep/shared/testing';
import { Catalogue, type Order, Orders } from '../src/db/tables.js';
import { orderSteps } from '../src/steps/index.js';

const DEADLINE = 60_000;
const { cancelOrder, expireOrder, trackOrder, updateCatalogue } = orderSteps(DEADLINE).steps;

const sample = sampleOrder();
const { orderId, customerId, items, total, currency, paymentMethod, shippingAddress } = sample;
const state = orderStateOf(sample);
const placedAt = new Date('2026-11-21T10:00:00Z');
/** An outcome that ends the saga of the order. */
const ended = (name: string, event: EventDraft) => ending(placedAt, outcome(name, event));
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

describe('trackOrder', () => {
  const completed = OrderCompleted({ ...state, trackingNumber: 'TRACK-1' });

  test('records a fact with the time of its event', () => {
    const world = given(placed());
    const event = happened(InventoryReserved(sample), { time: '2026-11-21T10:00:05Z' });
    expect(world.when(trackOrder, event)).toEqual(outcome('recorded'));
    expect(world.row(Orders, orderId)).toMatchObject({
      status: 'RESERVED',
      facts: { 'inventory.reserved': '2026-11-21T10:00:05Z' },
      endedAt: null,
      deadlineAt,
    });
  });

  test('completes the order when it has been shipped', () => {
    const world = given(placed());
    world.when(trackOrder, reserved);
    world.when(trackOrder, paid);
    expect(world.when(trackOrder, shipped, { now: at('10:00:20') })).toEqual(ended('completed', completed));
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
    expect(world.when(trackOrder, shipped)).toEqual(ended('completed', completed));
    for (const late of [paid, reserved, tooLate]) expect(world.when(trackOrder, late)).toEqual(outcome('alreadyEnded'));
    expect(world.when(trackOrder, shipped)).toEqual(outcome('alreadyEnded'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'COMPLETED' });
  });

  test('cancels an order whose stock was insufficient', () => {
    const world = given(placed());
    expect(world.when(trackOrder, insufficient)).toEqual(
      ended('cancelled', OrderCancelled({ ...state, reason: 'Not enough stock' })),
    );
  });

  test('waits for the stock before it cancels a declined order', () => {
    const world = given(placed({ facts: withFacts('inventory.reserved'), status: 'RESERVED' }));
    expect(world.when(trackOrder, declined)).toEqual(outcome('recorded'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'CANCELLING', reason });
    expect(world.when(trackOrder, released)).toEqual(ended('cancelled', OrderCancelled({ ...state, reason })));
  });

  test('waits for money and stock before it cancels a refused shipment', () => {
    const world = given(placed({ facts: withFacts('inventory.reserved', 'payment.completed'), status: 'PAID' }));
    expect(world.when(trackOrder, unshipped)).toEqual(outcome('recorded'));
    expect(world.when(trackOrder, refunded)).toEqual(outcome('recorded'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'CANCELLING', endedAt: null });
    expect(world.when(trackOrder, released)).toEqual(
      ended('cancelled', OrderCancelled({ ...state, reason: 'Shipment refused: no route' })),
    );
  });

  test('keeps the first reason', () => {
    const world = given(placed({ reason: 'Cancelled by the customer', facts: requested, status: 'CANCELLING' }));
    world.when(trackOrder, unshipped);
    expect(world.when(trackOrder, released)).toEqual(
      ended('cancelled', OrderCancelled({ ...state, reason: 'Cancelled by the customer' })),
    );
  });

  test('cancels for some reason even when the reason has not arrived yet', () => {
    const world = given(placed());
    expect(world.when(trackOrder, released)).toEqual(ended('cancelled', OrderCancelled({ ...state, reason: 'Cancelled' })));
  });

  test('ends once, however often an ending is announced', () => {
    const world = given(placed());
    world.when(trackOrder, insufficient);
    const ended = world.row(Orders, orderId);
    expect(world.when(trackOrder, released)).toEqual(outcome('alreadyEnded'));
    expect(world.row(Orders, orderId)).toMatchObject({ endedAt: ended?.endedAt, status: 'CANCELLED' });
  });

  test('an order that was too late to cancel goes on to its end', () => {
    const world = given(placed({ facts: { ...withFacts('payment.completed'), ...requested }, status: 'CANCELLING' }));
    expect(world.when(trackOrder, tooLate)).toEqual(outcome('recorded'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'PAID' });
    expect(world.when(trackOrder, shipped)).toEqual(ended('completed', completed));
  });

  test('ends a stuck order and says so no longer', () => {
    const world = given(placed({ facts: requested, status: 'CANCELLING', stuckSince: at('10:02:00') }));
    world.when(trackOrder, released);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'CANCELLED', stuckSince: null, deadlineAt: null });
  });

  test('parks an event of an order that does not exist', () => {
    expect(() => given().when(trackOrder, reserved)).toThrow(Permanent);
  });
});

describe('cancelOrder', () => {
  const customerAsks = request(orderId, {});

  test.each([['PENDING'], ['RESERVED'], ['PAID']] as const)('asks shipping to fail an order that is %s', (status) => {
    const world = given(placed({ status }));
    const before = world.row(Orders, orderId);
    const why = 'Cancelled by the customer';
    const after = {
      ...before,
      status: 'CANCELLING',
      reason: why,
      facts: { 'order.cancellation_requested': '2026-11-21T10:00:30.000Z' },
      deadlineAt: at('10:01:30'),
    };
    const asked = OrderCancellationRequested({ ...state, requestedBy: 'customer', reason: why });
    expect(world.when(cancelOrder, customerAsks, { now: at('10:00:30') })).toEqual(accepted(after, outcome('requested', asked)));
    expect(world.row(Orders, orderId)).toEqual(after);
  });

  test("passes the customer's own reason on", () => {
    const why = 'Found it cheaper';
    const asked = OrderCancellationRequested({ ...state, requestedBy: 'customer', reason: why });
    expect(given(placed()).when(cancelOrder, request(orderId, { reason: why }))).toMatchObject({
      reply: { reason: why },
      ended: outcome('requested', asked),
    });
  });

  test('twice asks once', () => {
    const world = given(placed());
    world.when(cancelOrder, customerAsks);
    const asked = world.row(Orders, orderId);
    expect(world.when(cancelOrder, customerAsks)).toEqual(accepted(asked, outcome('repeated')));
    expect(world.row(Orders, orderId)).toEqual(asked);
  });

  test('after the deadline asked already asks no more', () => {
    const world = given(placed());
    world.when(expireOrder, firing(orderId), { now: at('10:01:00') });
    expect(world.when(cancelOrder, customerAsks)).toMatchObject({ accepted: true, ended: outcome('repeated') });
  });

  test.each(['COMPLETED', 'CANCELLED'] as const)('is refused once the order is %s', (status) => {
    const world = given(placed({ status, endedAt: at('10:00:20'), deadlineAt: null }));
    expect(world.when(cancelOrder, customerAsks)).toEqual(refused('order_ended', `The order is ${status} already`));
    expect(world.row(Orders, orderId)).toMatchObject({ status, reason: null });
  });

  test('is refused when there is no such order', () => {
    expect(given().when(cancelOrder, customerAsks)).toEqual(refused('order_not_found', `There is no order ${orderId}`));
  });
});

describe('expireOrder', () => {
  const reasonOfDeadline = 'The order was not completed in time';
  const stuck = OrderStuck({ orderId, status: 'CANCELLING', reason: 'Its cancellation was asked for, but has not ended' });

  test('cancels an order that is still open at its deadline', () => {
    const world = given(placed({ status: 'RESERVED', facts: withFacts('inventory.reserved') }));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:00') })).toEqual(
      outcome('expired', OrderCancellationRequested({ ...state, requestedBy: 'deadline', reason: reasonOfDeadline })),
    );
    expect(world.row(Orders, orderId)).toMatchObject({
      status: 'CANCELLING',
      reason: reasonOfDeadline,
      deadlineAt: at('10:02:00'),
      stuckSince: null,
    });
  });

  test('does nothing before the deadline', () => {
    const world = given(placed());
    expect(world.when(expireOrder, firing(orderId), { now: at('10:00:59') })).toEqual(outcome('notDue'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'PENDING', deadlineAt });
  });

  test('does nothing when the order has ended meanwhile, or never was', () => {
    const world = given(placed({ status: 'COMPLETED', endedAt: at('10:00:20'), deadlineAt: null }));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:00') })).toEqual(outcome('notDue'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'COMPLETED', deadlineAt: null });
    expect(given().when(expireOrder, firing(orderId))).toEqual(outcome('notDue'));
  });

  test('reports an order that cannot end as stuck since its second deadline, and asks no more', () => {
    const world = given(placed());
    world.when(expireOrder, firing(orderId), { now: at('10:01:00') });
    expect(world.when(expireOrder, firing(orderId), { now: at('10:02:00') })).toEqual(outcome('stuck', stuck));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:03:00') })).toEqual(outcome('stillStuck'));
    expect(world.row(Orders, orderId)).toMatchObject({ stuckSince: at('10:02:00'), deadlineAt: at('10:04:00') });
  });

  test('reports an order as stuck whose cancellation, asked by the customer, does not come to an end', () => {
    const world = given(placed());
    world.when(cancelOrder, request(orderId, {}), { now: at('10:00:30') });
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:29') })).toEqual(outcome('notDue'));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:30') })).toEqual(outcome('stuck', stuck));
    expect(world.row(Orders, orderId)).toMatchObject({ stuckSince: at('10:01:30') });
  });
});

describe('updateCatalogue', () => {
  const change = (revision: number, unitPrice: number) =>
    happened(InventoryItemChanged({ sku: 'SKU-1', name: 'Item', unitPrice, currency: 'EUR', revision }));

  test('creates and changes what the shop sells', () => {
    const world = given();
    expect(world.when(updateCatalogue, change(1, 1_000))).toEqual(outcome('updated'));
    expect(world.when(updateCatalogue, change(2, 1_200))).toEqual(outcome('updated'));
    expect(world.rows(Catalogue)).toEqual([{ sku: 'SKU-1', name: 'Item', unitPrice: 1_200, currency: 'EUR', revision: 2 }]);
  });

  test('keeps the newer of two changes that arrive in the wrong order, or twice', () => {
    const world = given();
    world.when(updateCatalogue, change(2, 1_200));
    for (const late of [change(1, 1_000), change(2, 1_200)]) {
      expect(world.when(updateCatalogue, late)).toEqual(outcome('overtaken'));
    }
    expect(world.row(Catalogue, 'SKU-1')).toMatchObject({ unitPrice: 1_200, revision: 2 });
  });
});
