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
  bookShipment: { on: [PaymentCompleted], emits: [ShippingShipped, ShippingFailed, PaymentRefund, ShippingRecall] },
  cancelShipment: {
    on: [OrderCancellationRequested],
    emits: [ShippingFailed, PaymentRefund, ShippingCancellationRejected],
    compensates: 'bookShipment',
  },
  recallShipment: { on: [ShippingRecall], emits: [], compensates: 'bookShipment' },
});
