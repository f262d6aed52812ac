import { describe, expect, test } from '@jest/globals';
import { outcome, Permanent } from '@quickstep/shared/choreography';
import {
  InventoryInsufficient,
  InventoryReserved,
  OrderCancelled,
  OrderCompleted,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefunded,
  ShippingCancellationRejected,
  ShippingFailed,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { given, happened } from '@quickstep/shared/testing';
import { Orders } from '../../src/db/tables.js';
import {
  at,
  currency,
  customerId,
  deadlineAt,
  items,
  orderId,
  placed,
  placedAt,
  reason,
  released,
  requested,
  reserved,
  sample,
  shippingAddress,
  state,
  total,
  trackOrder,
  withFacts,
} from './fixture.js';

const insufficient = happened(InventoryInsufficient({ orderId, shortages: [{ sku: 'SKU-1', requested: 2, available: 0 }] }));
const paid = happened(PaymentCompleted({ ...state, shippingAddress, chargeId: 'ch_1' }));
const declined = happened(PaymentFailed({ orderId, reason }));
const refunded = happened(PaymentRefunded({ orderId, customerId, amount: total, currency, reason }));
const shipped = happened(ShippingShipped({ orderId, items, trackingNumber: 'TRACK-1' }));
const unshipped = happened(ShippingFailed({ orderId, reason: 'Shipment refused: no route' }));
const tooLate = happened(ShippingCancellationRejected({ orderId, reason: 'The parcel has been shipped' }));

describe('trackOrder', () => {
  const completed = OrderCompleted({ ...state, trackingNumber: 'TRACK-1' });

  test('tells when the saga began that it ends', () => {
    const order = given(placed()).row(Orders, orderId);
    expect(trackOrder.began?.({ order })).toEqual(placedAt);
    expect(trackOrder.began?.({ order: undefined })).toBeUndefined();
  });

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
    expect(world.when(trackOrder, shipped, { now: at('10:00:20') })).toEqual(outcome('completed', completed));
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
    expect(world.when(trackOrder, shipped)).toEqual(outcome('completed', completed));
    for (const late of [paid, reserved, tooLate]) expect(world.when(trackOrder, late)).toEqual(outcome('alreadyEnded'));
    expect(world.when(trackOrder, shipped)).toEqual(outcome('alreadyEnded'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'COMPLETED' });
  });

  test('cancels an order whose stock was insufficient', () => {
    const world = given(placed());
    expect(world.when(trackOrder, insufficient)).toEqual(
      outcome('cancelled', OrderCancelled({ ...state, reason: 'Not enough stock' })),
    );
  });

  test('waits for the stock before it cancels a declined order', () => {
    const world = given(placed({ facts: withFacts('inventory.reserved'), status: 'RESERVED' }));
    expect(world.when(trackOrder, declined)).toEqual(outcome('recorded'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'CANCELLING', reason });
    expect(world.when(trackOrder, released)).toEqual(outcome('cancelled', OrderCancelled({ ...state, reason })));
  });

  test('waits for money and stock before it cancels a refused shipment', () => {
    const world = given(placed({ facts: withFacts('inventory.reserved', 'payment.completed'), status: 'PAID' }));
    expect(world.when(trackOrder, unshipped)).toEqual(outcome('recorded'));
    expect(world.when(trackOrder, refunded)).toEqual(outcome('recorded'));
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'CANCELLING', endedAt: null });
    expect(world.when(trackOrder, released)).toEqual(
      outcome('cancelled', OrderCancelled({ ...state, reason: 'Shipment refused: no route' })),
    );
  });

  test('keeps the first reason', () => {
    const world = given(placed({ reason: 'Cancelled by the customer', facts: requested, status: 'CANCELLING' }));
    world.when(trackOrder, unshipped);
    expect(world.when(trackOrder, released)).toEqual(
      outcome('cancelled', OrderCancelled({ ...state, reason: 'Cancelled by the customer' })),
    );
  });

  test('cancels for some reason even when the reason has not arrived yet', () => {
    const world = given(placed());
    expect(world.when(trackOrder, released)).toEqual(outcome('cancelled', OrderCancelled({ ...state, reason: 'Cancelled' })));
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
    expect(world.when(trackOrder, shipped)).toEqual(outcome('completed', completed));
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
