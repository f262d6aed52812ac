import { step } from '@quickstep/shared/choreography';
import {
  asReason,
  orderStateOf,
  PaymentRefund,
  ShippingFailed,
  ShippingRecall,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { shipping } from '../choreography.js';
import { Shipments } from '../db/tables.js';
import type { Carrier } from '../domain/carrier.js';

export const bookShipment = (carrier: Carrier) =>
  step(shipping, 'bookShipment', {
    rows: ({ data }) => ({ shipment: Shipments.fresh(data.orderId) }),
    effect: ({ data }, idempotencyKey) =>
      carrier.book({ reference: data.orderId, address: data.shippingAddress }, idempotencyKey),
    decide: ({ data }, { shipment }, { outcome }) => {
      if (shipment.trackingNumber !== null || shipment.refusalReason !== null) return []; // done before
      const { orderId, items } = data;
      if (outcome.kind === 'refused') {
        shipment.refusalReason = asReason(outcome.reason);
        if (shipment.closed) return []; // the cancellation that overtook us has asked for the refund
        shipment.closed = true;
        const reason = asReason(`Shipment refused: ${outcome.reason}`);
        return [ShippingFailed({ orderId, reason }), PaymentRefund({ ...orderStateOf(data), reason })];
      }
      shipment.trackingNumber = outcome.trackingNumber;
      if (!shipment.closed) return [ShippingShipped({ orderId, items, trackingNumber: outcome.trackingNumber })];
      return [ShippingRecall({ orderId, reason: 'The booking came through after the order was cancelled' })];
    },
  });
