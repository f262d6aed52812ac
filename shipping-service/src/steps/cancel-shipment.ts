import { outcome, step } from '@quickstep/shared/choreography';
import {
  orderStateOf,
  PaymentRefund,
  reasons,
  ShippingCancellationRejected,
  ShippingFailed,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { shipping } from '../choreography.js';
import { Shipments } from '../db/tables.js';

/** Keeps `bookShipment` from happening. When it comes first, the closed row that it leaves behind stops the late booking. */
export const cancelShipment = step(shipping, 'cancelShipment', {
  rows: ({ data }) => ({ shipment: Shipments.fresh(data.orderId) }),
  decide: ({ data }, { shipment }) => {
    const { orderId, items, reason } = data;
    if (shipment.closed) return outcome('repeated'); // it failed or was cancelled before: the compensation is on its way
    if (shipment.trackingNumber !== null) {
      const { trackingNumber } = shipment;
      return outcome(
        'tooLate',
        ShippingCancellationRejected({ orderId, reason: reasons.shipped }),
        ShippingShipped({ orderId, items, trackingNumber }),
      );
    }
    shipment.closed = true;
    return outcome('cancelled', ShippingFailed({ orderId, reason }), PaymentRefund({ ...orderStateOf(data), reason }));
  },
});
