import { Type } from '@sinclair/typebox';
import { event } from '../events/index.js';
import { OrderId, OrderLine, Reason, TrackingNumber } from './fields.js';

export const ShippingShipped = event(
  'shipping.shipped',
  Type.Object({ orderId: OrderId, items: Type.Array(OrderLine, { minItems: 1, maxItems: 100 }), trackingNumber: TrackingNumber }),
  { description: 'The parcel is with the carrier: the point of no return.' },
);

export const ShippingFailed = event('shipping.failed', Type.Object({ orderId: OrderId, reason: Reason }), {
  description: 'The order will not be shipped.',
});

export const ShippingCancellationRejected = event(
  'shipping.cancellation_rejected',
  Type.Object({ orderId: OrderId, reason: Reason }),
  { description: 'Too late to cancel: the parcel has been shipped.' },
);

export const ShippingRecall = event(
  'shipping.recall',
  Type.Object({ orderId: OrderId, trackingNumber: TrackingNumber, reason: Reason }),
  {
    description:
      'Compensation: call back a parcel that was booked after the order was cancelled, or beside the one of the order.',
    kind: 'compensation',
  },
);
