import { effectStep, outcome } from '@quickstep/shared/choreography';
import {
  asReason,
  orderStateOf,
  PaymentRefund,
  reasons,
  refusals,
  ShippingFailed,
  ShippingRecall,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { shipping } from '../choreography.js';
import { Shipments } from '../db/tables.js';
import type { Carrier } from '../domain/carrier.js';

export const bookShipment = (carrier: Carrier) =>
  effectStep(shipping, 'bookShipment', {
    rows: ({ data }) => ({ shipment: Shipments.fresh(data.orderId) }),
    effect: ({ data }, key, signal) => carrier.book({ reference: data.orderId, address: data.shippingAddress }, key, signal),
    decide: ({ data }, { shipment }, { answer }) => {
      const { orderId, items } = data;
      if (answer.kind === 'refused') {
        if (shipment.trackingNumber !== null || shipment.refusalReason !== null) return outcome('repeated');
        shipment.refusalReason = asReason(answer.reason);
        if (shipment.closed) return outcome('overtaken'); // the cancellation that came first has asked for the refund
        shipment.closed = true;
        const reason = asReason(`${refusals.shipment}${answer.reason}`);
        return outcome('refused', ShippingFailed({ orderId, reason }), PaymentRefund({ ...orderStateOf(data), reason }));
      }
      const { trackingNumber } = answer;
      if (shipment.trackingNumber === trackingNumber || shipment.surplusParcels.includes(trackingNumber)) {
        return outcome('repeated');
      }
      if (shipment.trackingNumber !== null || shipment.refusalReason !== null) {
        shipment.surplusParcels = [...shipment.surplusParcels, trackingNumber];
        return outcome('bookedTwice', ShippingRecall({ orderId, trackingNumber, reason: reasons.secondParcel }));
      }
      shipment.trackingNumber = trackingNumber;
      if (!shipment.closed) return outcome('shipped', ShippingShipped({ orderId, items, trackingNumber }));
      return outcome('late', ShippingRecall({ orderId, trackingNumber, reason: reasons.lateBooking }));
    },
  });
