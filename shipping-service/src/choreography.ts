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
      shipped: [ShippingShipped],
      refused: [ShippingFailed, PaymentRefund],
      late: [ShippingRecall], // booked after the order was cancelled: called back
      bookedTwice: [ShippingRecall], // another parcel than the one that is known: called back
      repeated: [],
      overtaken: [],
    },
  },
  cancelShipment: {
    on: [OrderCancellationRequested],
    prevents: 'bookShipment',
    outcomes: {
      cancelled: [ShippingFailed, PaymentRefund],
      tooLate: [ShippingCancellationRejected, ShippingShipped], // repeats the proof for whoever lost it
      repeated: [],
    },
  },
  recallShipment: { on: [ShippingRecall], compensates: 'bookShipment', effect: 'carrier', outcomes: { recalled: [] } },
});
