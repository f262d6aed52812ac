import { describe, expect, test } from '@jest/globals';
import { outcome } from '@quickstep/shared/choreography';
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
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { given, happened } from '@quickstep/shared/testing';
import { Shipments } from '../src/db/tables.js';
import type { BookingOutcome, Carrier } from '../src/domain/carrier.js';
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
const lateRecall = ShippingRecall({ orderId, trackingNumber: 'TRACK-1', reason: recallReason });
const recall = happened(lateRecall);

const booked: BookingOutcome = { kind: 'booked', trackingNumber: 'TRACK-1' };
const bookedAgain: BookingOutcome = { kind: 'booked', trackingNumber: 'TRACK-2' };
const refused: BookingOutcome = { kind: 'refused', reason: 'no route' };

const pending = { orderId, trackingNumber: null, refusalReason: null, closed: false, recalled: false, surplusParcels: [] };
const shipped = ShippingShipped({ orderId, items, trackingNumber: 'TRACK-1' });

describe('bookShipment', () => {
  test('hands the parcel to the carrier: the point of no return', () => {
    const world = given();
    expect(world.when(bookShipment, paid, { answer: booked })).toEqual(outcome('shipped', shipped));
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1' });
  });

  test('a refused parcel fails the order and asks for the refund', () => {
    const world = given();
    const because = 'Shipment refused: no route';
    expect(world.when(bookShipment, paid, { answer: refused })).toEqual(
      outcome('refused', ShippingFailed({ orderId, reason: because }), PaymentRefund({ ...state, reason: because })),
    );
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, refusalReason: 'no route', closed: true });
  });

  test.each([booked, refused])('happens once ($kind)', (answer) => {
    const world = given();
    world.when(bookShipment, paid, { answer });
    const before = world.row(Shipments, orderId);
    expect(world.when(bookShipment, paid, { answer })).toEqual(outcome('repeated'));
    expect(world.row(Shipments, orderId)).toEqual(before);
  });

  test('tells the carrier where to, under the key that it is given, to be broken off with the call', async () => {
    const { signal } = new AbortController();
    const asked: Parameters<Carrier['book']>[] = [];
    const carrier: Carrier = {
      ...noCarrier,
      book: async (...call) => {
        asked.push(call);
        return booked;
      },
    };
    await expect(shippingSteps(carrier).steps.bookShipment.effect(paid, 'key-1', signal)).resolves.toEqual(booked);
    expect(asked).toEqual([[{ reference: orderId, address: shippingAddress }, 'key-1', signal]]);
  });
});

describe('another parcel than the one that is known', () => {
  const reasonOfRecall = 'The carrier booked another parcel for the same order';
  const secondParcel = ShippingRecall({ orderId, trackingNumber: 'TRACK-2', reason: reasonOfRecall });

  test('is recorded and called back, and the first one stays on its way', () => {
    const world = given();
    world.when(bookShipment, paid, { answer: booked });
    expect(world.when(bookShipment, paid, { answer: bookedAgain })).toEqual(outcome('bookedTwice', secondParcel));
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1', surplusParcels: ['TRACK-2'] });
    expect(world.when(recallShipment, happened(secondParcel), { answer: undefined })).toEqual(outcome('recalled'));
    expect(world.row(Shipments, orderId)).toMatchObject({ trackingNumber: 'TRACK-1', recalled: false });
  });

  test('is called back once', () => {
    const world = given();
    world.when(bookShipment, paid, { answer: booked });
    world.when(bookShipment, paid, { answer: bookedAgain });
    expect(world.when(bookShipment, paid, { answer: bookedAgain })).toEqual(outcome('repeated'));
    expect(world.row(Shipments, orderId)).toMatchObject({ surplusParcels: ['TRACK-2'] });
  });

  test('is called back although the booking was refused at first', () => {
    const world = given();
    world.when(bookShipment, paid, { answer: refused });
    expect(world.when(bookShipment, paid, { answer: bookedAgain })).toEqual(outcome('bookedTwice', secondParcel));
    expect(world.row(Shipments, orderId)).toMatchObject({ trackingNumber: null, surplusParcels: ['TRACK-2'] });
  });

  test('does not make a shipped order fail when the carrier refuses it later', () => {
    const world = given();
    world.when(bookShipment, paid, { answer: booked });
    expect(world.when(bookShipment, paid, { answer: refused })).toEqual(outcome('repeated'));
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1' });
  });
});

describe('cancelShipment', () => {
  const failed = [ShippingFailed({ orderId, reason }), PaymentRefund({ ...state, reason })] as const;

  test('before the booking fails the order and asks for the refund', () => {
    const world = given();
    expect(world.when(cancelShipment, cancellation)).toEqual(outcome('cancelled', ...failed));
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, closed: true });
  });

  test('after the parcel has been shipped is too late, and repeats that it was shipped', () => {
    const world = given();
    world.when(bookShipment, paid, { answer: booked });
    const rejected = ShippingCancellationRejected({ orderId, reason: 'The parcel has been shipped' });
    for (let times = 0; times < 2; times++) {
      expect(world.when(cancelShipment, cancellation)).toEqual(outcome('tooLate', rejected, shipped));
      expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1' });
    }
  });

  test('after a refused booking has nothing left to do', () => {
    const world = given();
    world.when(bookShipment, paid, { answer: refused });
    expect(world.when(cancelShipment, cancellation)).toEqual(outcome('repeated'));
  });

  test('twice, by the customer and by the deadline, fails the order once', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    const deadline = happened(OrderCancellationRequested({ ...state, requestedBy: 'deadline', reason: 'Too late' }));
    expect(world.when(cancelShipment, deadline)).toEqual(outcome('repeated'));
  });
});

describe('a cancellation that overtakes the booking', () => {
  test('has the booked parcel recalled, and never says that it was shipped', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    expect(world.when(bookShipment, paid, { answer: booked })).toEqual(outcome('late', lateRecall));
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1', closed: true });
  });

  test('stays decided when it is asked again', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    world.when(bookShipment, paid, { answer: booked });
    expect(world.when(cancelShipment, cancellation)).toEqual(outcome('repeated'));
  });

  test('leaves a late refusal nothing to do', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    expect(world.when(bookShipment, paid, { answer: refused })).toEqual(outcome('overtaken'));
    expect(world.row(Shipments, orderId)).toEqual({ ...pending, refusalReason: 'no route', closed: true });
  });
});

describe('recallShipment', () => {
  test('records that the parcel was called back, once or twice', () => {
    const world = given();
    world.when(cancelShipment, cancellation);
    world.when(bookShipment, paid, { answer: booked });
    for (let times = 0; times < 2; times++) {
      expect(world.when(recallShipment, recall, { answer: undefined })).toEqual(outcome('recalled'));
      expect(world.row(Shipments, orderId)).toEqual({ ...pending, trackingNumber: 'TRACK-1', closed: true, recalled: true });
    }
  });

  test('calls this very parcel back, under a key of its own, to be broken off with the call', async () => {
    const { signal } = new AbortController();
    const asked: Parameters<Carrier['recall']>[] = [];
    const carrier: Carrier = {
      ...noCarrier,
      recall: async (...call) => {
        asked.push(call);
      },
    };
    const step = shippingSteps(carrier).steps.recallShipment;
    await step.effect(recall, 'key-2', signal);
    expect(asked).toEqual([[{ reference: orderId, trackingNumber: 'TRACK-1' }, 'key-2', signal]]);
    expect(step.about?.(recall)).toBe('TRACK-1');
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
