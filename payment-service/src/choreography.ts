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
      declined: { fails: true, emits: [PaymentFailed, InventoryRelease] },
      // Charged after the order was closed: goes straight back.
      late: { after: 'refundPayment', emits: [PaymentRefund] },
      // Another charge than the one that is known: goes straight back.
      chargedTwice: { after: ['chargePayment', 'refundPayment'], emits: [PaymentReversal] },
      repeated: { after: 'chargePayment' },
      overtaken: { after: 'refundPayment' },
    },
  },
  refundPayment: {
    on: [PaymentRefund],
    compensates: 'chargePayment',
    effect: 'payment gateway',
    outcomes: {
      refunded: [PaymentRefunded, InventoryRelease],
      // The stock was released when the payment was closed.
      refundedLate: { after: ['chargePayment.late', 'refundPayment.refunded'], emits: [PaymentRefunded] },
      repeated: { after: ['refundPayment.refunded', 'refundPayment.refundedLate', 'chargePayment.declined'] },
    },
  },
  reverseCharge: {
    on: [PaymentReversal],
    compensates: 'chargePayment.chargedTwice',
    effect: 'payment gateway',
    outcomes: { reversed: { repeatable: true } },
  },
});
