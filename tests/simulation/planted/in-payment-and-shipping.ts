import { outcome } from '@quickstep/shared/choreography';
import { deciding, ignoringClosed, leaving, type Mutation, mutation } from './planting.js';

/** Bugs of the steps of the payment, the shipping and the notification service, and of what they ask their providers. */
export const inPaymentAndShipping: readonly Mutation[] = [
  // The payment service.
  mutation(
    'a refund is recorded without asking the gateway',
    ['no charge without a completed order or a refund', 'charges - refunds = total of completed orders'],
    {
      providers: (real, newId) => ({
        ...real,
        gateway: {
          ...real.gateway,
          refund: async (reference) => ({ kind: 'refunded', refundId: newId(), chargeId: newId(), amount: reference.length }),
        },
      }),
    },
  ),
  mutation('half of the price is charged', ['a completed order is paid'], {
    providers: (real) => ({
      ...real,
      gateway: {
        ...real.gateway,
        charge: (charge, key, signal) => real.gateway.charge({ ...charge, amount: Math.floor(charge.amount / 2) }, key, signal),
      },
    }),
  }),
  mutation(
    'refunds without idempotency keys, at a gateway that refunds a charge as often as it is asked',
    ['at most one refund for each charge'],
    {
      gatewayLedger: (real) => ({
        byReference: (reference, kind) => real.byReference(reference, kind),
        attempt: (key) => real.attempt(key),
        answerOnce: (key, reference, kind, answer) =>
          real.answerOnce(key, reference, kind, answer.kind === 'refunded' ? { ...answer, refundId: key } : answer),
      }),
      providers: (real, newId) => ({
        ...real,
        gateway: {
          ...real.gateway,
          refund: (reference, _key, signal) => real.gateway.refund(reference, newId(), signal),
        },
      }),
    },
  ),
  deciding(
    'the outcome of a charge is dropped when its row was closed',
    ['no effect without its record'],
    'chargePayment',
    ignoringClosed('payment'),
  ),
  deciding(
    'a late charge is kept although the order was cancelled',
    ['no charge without a completed order or a refund'],
    'chargePayment',
    (real) => (message, rows, context) => {
      const decision = real(message, rows, context);
      return 'outcome' in decision && decision.outcome === 'late' ? outcome('overtaken') : decision;
    },
  ),
  deciding(
    'a charged payment is noted as declined, too',
    ['a payment is charged or declined'],
    'chargePayment',
    leaving('payment', (payment) => {
      payment.declineReason = 'insufficient funds';
    }),
  ),
  deciding(
    'a refund leaves its payment open',
    ['a refunded payment is closed'],
    'refundPayment',
    leaving('payment', (payment) => {
      payment.closed = false;
    }),
  ),

  // The shipping service.
  deciding(
    'a cancellation is ignored when it is inconvenient',
    ['a cancellation is carried out or rejected', 'every order ends'],
    'cancelShipment',
    () => () => outcome('repeated'),
  ),
  deciding(
    'the booking of a parcel is dropped when its row was closed',
    ['no parcel of a cancelled order is on its way'],
    'bookShipment',
    ignoringClosed('shipment'),
  ),
  mutation('a parcel is noted that was never booked', ['a completed order is on its way'], {
    providers: (real, newId) => ({
      ...real,
      carrier: {
        ...real.carrier,
        book: async () => ({ kind: 'booked', trackingNumber: newId() }),
      },
    }),
  }),
  mutation('effects without idempotency keys', ['at most one charge is kept', 'at most one parcel per order'], {
    providers: (real, newId) => ({
      gateway: {
        ...real.gateway,
        charge: (charge, _key, signal) => real.gateway.charge(charge, newId(), signal),
        refund: (reference, _key, signal) => real.gateway.refund(reference, newId(), signal),
      },
      carrier: {
        ...real.carrier,
        book: (parcel, _key, signal) => real.carrier.book(parcel, newId(), signal),
      },
      mailer: real.mailer,
    }),
  }),

  // The notification service.
  deciding(
    'a message is filed under an order that does not exist',
    ['every record belongs to an order', 'the customer is told once'],
    'notifyCustomer',
    leaving('notification', (notification) => {
      notification.orderId = notification.notificationId;
    }),
  ),
];
