import { describe, expect, test } from '@jest/globals';
import {
  OrderCancellationRequested,
  orderStateOf,
  PaymentCompleted,
  PaymentRefund,
  ShippingCancellationRejected,
  ShippingFailed,
  ShippingRecall,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { given, happened, sampleOrder } from '@quickstep/shared/testing';
import { Shipments } from '../src/db/tables.js';
import type { BookingOutcome, Carrier, Parcel } from '../src/domain/carrier.js';
import { shipmentStatus } from '../src/domain/shipment.js';
import { shippingSteps } from '../src/steps/index.js';

const noCarrier: Carrier = {
  book: () => Promise.reject(new Error('A decision calls nobody')),
  recall: () => Promise.reject(new Error('A decision calls nobody')),
};
const { bookShipment, cancelShipment, recallShipment } = shippingSteps(noCarrier).steps;

const order = sampleOrder();
const { orderId, items, shippingAddress } = order;
const state = orderStateOf(order);
const paid = happened(PaymentCompleted({ ...state, shippingAddress, chargeId: 'ch_1' }));
const reason = 'Cancelled by the customer';
const cancellation = happened(OrderCancellationRequested({ ...state, requestedBy: 'customer', reason }));
const recallReason = 'The booking came through after the order was cancelled';
const recall = happened(ShippingRecall({ orderId, reason: recallReason }));

const booked: BookingOutcome = { kind: 'booked', trackingNumber: 'TRACK-1' };
const refused: BookingOutcome = { kind: 'refused', reason: 'no route' };

const pending = { orderId, trackingNumber: null, refusalReason: null, closed: false, recalled: false };
const failed = [ShippingFailed({ orderId, reason }), PaymentRefund({ ...state, reason })];

describe('bookShipment', () => {
  test('hands the parcel to the carrier: the point of no return', () => {
    const world = given();
    expect(world.when(bookShipment, paid, { outcome: booked })).toEqual([
      ShippingShipped({ orderId, items, trackingNumber: 'TRACK-1' }),
    ]);
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1' });
  });

  test('a refused parcel fails the order and asks for the refund', () => {
    const world = given();
    const because = 'Shipment refused: no route';
    expect(world.when(bookShipment, paid, { outcome: refused })).toEqual([
      ShippingFailed({ orderId, reason: because }),
      PaymentRefund({ ...state, reason: because }),
    ]);
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, refusalReason: 'no route', closed: true });
  });

  test.each([booked, refused])('happens once ($kind)', (outcome) => {
    const world = given();
    world.when(bookShipment, paid, { outcome });
    const before = world.row(Shipments, orderId);
    expect(world.when(bookShipment, paid, { outcome })).toEqual([]);
    expect(world.when(bookShipment, paid, { outcome: { kind: 'booked', trackingNumber: 'TRACK-2' } })).toEqual([]);
    expect(world.row(Shipments, orderId)).toEqual(before);
  });

  test('tells the carrier where to, under the key that it is given', async () => {
    const asked: [Parcel, string][] = [];
    const carrier: Carrier = {
      ...noCarrier,
      book: async (parcel, key) => {
        asked.push([parcel, key]);
        return booked;
      },
    };
    await expect(shippingSteps(carrier).steps.bookShipment.effect?.(paid, 'key-1')).resolves.toEqual(booked);
    expect(asked).toEqual([[{ reference: orderId, address: shippingAddress }, 'key-1']]);
  });
});

describe('cancelShipment', () => {
  test('before the booking fails the order and asks for the refund', () => {
    const world = given();
    expect(world.when(cancelShipment, cancellation)).toEqual(failed);
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, closed: true });
  });

  test('after the parcel has been shipped is too late', () => {
    const world = given();
    world.when(bookShipment, paid, { outcome: booked });
    expect(world.when(cancelShipment, cancellation)).toEqual([
      ShippingCancellationRejected({ orderId, reason: 'The parcel has been shipped' }),
    ]);
    expect(world.row(Shipments, orderId)).toMatchObject({ closed: false });
  });

  test('after a refused booking has nothing left to do', () => {
    const world = given();
    world.when(bookShipment, paid, { outcome: refused });
    expect(world.when(cancelShipment, cancellation)).toEqual([]);
  });

  test('twice, by the customer and by the deadline, fails the order once', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    const deadline = happened(OrderCancellationRequested({ ...state, requestedBy: 'deadline', reason: 'Too late' }));
    expect(world.when(cancelShipment, deadline)).toEqual([]);
  });
});

describe('a cancellation that overtakes the booking', () => {
  test('has the booked parcel recalled, and never says that it was shipped', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    expect(world.when(bookShipment, paid, { outcome: booked })).toEqual([ShippingRecall({ orderId, reason: recallReason })]);
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1', closed: true });
  });

  test('stays decided when it is asked again', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    world.when(bookShipment, paid, { outcome: booked });
    expect(world.when(cancelShipment, cancellation)).toEqual([]);
  });

  test('leaves a late refusal nothing to do', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    expect(world.when(bookShipment, paid, { outcome: refused })).toEqual([]);
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, refusalReason: 'no route', closed: true });
  });
});

describe('recallShipment', () => {
  test('records that the parcel was called back, once or twice', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    world.when(bookShipment, paid, { outcome: booked });
    expect(world.when(recallShipment, recall, { outcome: undefined })).toEqual([]);
    expect(world.when(recallShipment, recall, { outcome: undefined })).toEqual([]);
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1', closed: true, recalled: true });
  });

  test('calls the parcel of the order back under the key that it is given', async () => {
    const asked: string[][] = [];
    const carrier: Carrier = {
      ...noCarrier,
      recall: async (reference, key) => {
        asked.push([reference, key]);
      },
    };
    await shippingSteps(carrier).steps.recallShipment.effect?.(recall, 'key-2');
    expect(asked).toEqual([[orderId, 'key-2']]);
  });
});

describe('the status of a shipment', () => {
  test.each([
    ['PENDING', pending],
    ['SHIPPED', { ...pending, trackingNumber: 'TRACK-1' }],
    ['REFUSED', { ...pending, refusalReason: 'no route', closed: true }],
    ['CANCELLED', { ...pending, closed: true }],
    ['CANCELLED', { ...pending, trackingNumber: 'TRACK-1', closed: true }],
    ['RECALLED', { ...pending, trackingNumber: 'TRACK-1', closed: true, recalled: true }],
  ])('is %s', (status, shipment) => {
    expect(shipmentStatus(shipment)).toBe(status);
  });
});
