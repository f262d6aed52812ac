import { choreography } from '@quickstep/shared/choreography';
import {
  OrderCancellationRequested,
  PaymentCompleted,
  PaymentRefund,
  ShippingCancellationRejected,
  ShippingFailed,
  ShippingRecall,
  ShippingShipped,
} from '@quickstep/shared/contracts';

/** Shipping hands the parcel to the carrier: the point of no return. Whoever wants to cancel an order asks it to fail. */
export const shipping = choreography('shipping-service', {
  bookShipment: {
    on: [PaymentCompleted],
    effect: 'carrier',
    outcomes: {
      shipped: { pointOfNoReturn: true, emits: [ShippingShipped] },
      refused: { fails: true, emits: [ShippingFailed, PaymentRefund] },
      // Booked after the order was cancelled: called back.
      late: { after: 'cancelShipment.cancelled', emits: [ShippingRecall] },
      // Another parcel than the one that is known: called back.
      bookedTwice: { after: 'bookShipment', emits: [ShippingRecall] },
      repeated: { after: 'bookShipment' },
      overtaken: { after: 'cancelShipment.cancelled' },
    },
  },
  cancelShipment: {
    on: [OrderCancellationRequested],
    prevents: 'bookShipment',
    outcomes: {
      cancelled: [ShippingFailed, PaymentRefund],
      // Repeats the proof for whoever lost it.
      tooLate: { after: 'bookShipment.shipped', repeatable: true, emits: [ShippingCancellationRejected, ShippingShipped] },
      repeated: { after: ['cancelShipment.cancelled', 'bookShipment.refused'] },
    },
  },
  recallShipment: {
    on: [ShippingRecall],
    compensates: 'bookShipment',
    effect: 'carrier',
    outcomes: { recalled: { repeatable: true } },
  },
});
