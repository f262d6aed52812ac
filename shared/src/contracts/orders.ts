import { Type } from '@sinclair/typebox';
import { command, earlier, event } from '../events/index.js';
import {
  CustomerId,
  Email,
  OrderId,
  orderState,
  PaymentMethod,
  Quantity,
  Reason,
  ShippingAddress,
  Sku,
  TrackingNumber,
  Word,
} from './fields.js';

const orderCreated = { ...orderState, paymentMethod: PaymentMethod, shippingAddress: ShippingAddress };
const { currency: _sinceMajor2, ...orderCreated1 } = orderCreated;

export const OrderCreated = event('order.created', Type.Object(orderCreated), {
  description: 'A customer placed an order; the saga begins.',
  dataversion: '2.0',
  // Before there were currencies every price was in euros.
  earlier: [earlier('1.0', Type.Object(orderCreated1), { upcast: (data) => ({ ...data, currency: 'EUR' }) })],
});

export const OrderCancellationRequested = event(
  'order.cancellation_requested',
  Type.Object({ ...orderState, requestedBy: Type.Union([Type.Literal('customer'), Type.Literal('deadline')]), reason: Reason }),
  { description: 'The customer, or the deadline of the order, asks to cancel it. Shipping decides whether it is too late.' },
);

export const OrderCompleted = event('order.completed', Type.Object({ ...orderState, trackingNumber: TrackingNumber }), {
  description: 'The order has been shipped; the saga has ended.',
  ending: 'completed',
});

export const OrderCancelled = event('order.cancelled', Type.Object({ ...orderState, reason: Reason }), {
  description: 'The order has ended without delivery; money and stock are back.',
  ending: 'cancelled',
});

export const OrderStuck = event('order.stuck', Type.Object({ orderId: OrderId, status: Word, reason: Reason }), {
  description:
    'The order is past its deadline, its cancellation was asked for, and it still has not ended: an operator must look.',
  final: true,
});

export const PlaceOrder = command(
  Type.Object(
    {
      customerId: CustomerId,
      items: Type.Array(Type.Object({ sku: Sku, quantity: Quantity }, { additionalProperties: false }), {
        minItems: 1,
        maxItems: 100,
      }),
      paymentMethod: PaymentMethod,
      shippingAddress: Type.Object(ShippingAddress.properties, { additionalProperties: false }),
      email: Type.Optional(Email),
    },
    {
      additionalProperties: false,
      examples: [
        {
          customerId: 'customer-1',
          email: 'ada@example.com',
          items: [{ sku: 'SKU-001', quantity: 2 }],
          paymentMethod: 'pm_card_ok',
          shippingAddress: { name: 'Ada', line1: '1 Main St', city: 'London', postalCode: 'N1', country: 'GB' },
        },
      ],
    },
  ),
  'Place an order. Prices come from the catalogue.',
);

export const CancelOrder = command(
  Type.Object({ reason: Type.Optional(Reason) }, { additionalProperties: false, examples: [{ reason: 'Found it cheaper' }] }),
  'Ask for the cancellation of an order.',
);
