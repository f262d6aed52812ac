import { choreography } from '@quickstep/shared/choreography';
import {
  InventoryRelease,
  InventoryReserved,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefund,
  PaymentRefunded,
  PaymentReversal,
} from '@quickstep/shared/contracts';

/** Payment charges the customer, and gives the money back when the order fails further on. Either failure releases the stock. */
export const payment = choreography('payment-service', {
  chargePayment: {
    on: [InventoryReserved],
    effect: 'payment gateway',
    outcomes: {
      charged: [PaymentCompleted],
      declined: [PaymentFailed, InventoryRelease],
      late: [PaymentRefund], // charged after the order was closed: goes straight back
      chargedTwice: [PaymentReversal], // another charge than the one that is known: goes straight back
      repeated: [],
      overtaken: [],
    },
  },
  refundPayment: {
    on: [PaymentRefund],
    compensates: 'chargePayment',
    effect: 'payment gateway',
    outcomes: {
      refunded: [PaymentRefunded, InventoryRelease],
      refundedLate: [PaymentRefunded], // the stock was released when the payment was closed
      repeated: [],
    },
  },
  reverseCharge: {
    on: [PaymentReversal],
    compensates: 'chargePayment',
    effect: 'payment gateway',
    outcomes: { reversed: [] },
  },
});
