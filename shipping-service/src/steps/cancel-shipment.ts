import { step } from '@quickstep/shared/choreography';
import { orderStateOf, PaymentRefund, ShippingCancellationRejected, ShippingFailed } from '@quickstep/shared/contracts';
import { shipping } from '../choreography.js';
import { Shipments } from '../db/tables.js';

/** Keeps `bookShipment` from happening. When it comes first, the closed row that it leaves behind stops the late booking. */
export const cancelShipment = step(shipping, 'cancelShipment', {
  rows: ({ data }) => ({ shipment: Shipments.fresh(data.orderId) }),
  decide: ({ data }, { shipment }) => {
    const { orderId, reason } = data;
    if (shipment.closed) return []; // it failed before, or was cancelled before: the compensation is on its way
    if (shipment.trackingNumber !== null) {
      return [ShippingCancellationRejected({ orderId, reason: 'The parcel has been shipped' })];
    }
    shipment.closed = true;
    return [ShippingFailed({ orderId, reason }), PaymentRefund({ ...orderStateOf(data), reason })];
  },
});
