import { Type } from '@sinclair/typebox';
import { event } from '../events/index.js';
import { Amount, ChargeId, Currency, CustomerId, Email, OrderId, orderState, Reason, ShippingAddress } from './fields.js';

export const PaymentCompleted = event(
  'payment.completed',
  Type.Object({ ...orderState, shippingAddress: ShippingAddress, chargeId: ChargeId }),
  { description: 'The total was charged.' },
);

export const PaymentFailed = event('payment.failed', Type.Object({ orderId: OrderId, reason: Reason }), {
  description: 'The charge was declined.',
});

export const PaymentRefund = event('payment.refund', Type.Object({ ...orderState, reason: Reason }), {
  description: 'Compensation: give back whatever was charged for the order.',
  kind: 'compensation',
  emitters: ['payment-service', 'shipping-service'],
});

export const PaymentRefunded = event(
  'payment.refunded',
  Type.Object({
    orderId: OrderId,
    customerId: CustomerId,
    email: Type.Optional(Email),
    amount: Amount,
    currency: Currency,
    reason: Reason,
  }),
  { description: 'No money of the customer is held for the order any more; the amount is 0 when none was.' },
);

export const PaymentReversal = event(
  'payment.reversal',
  Type.Object({ orderId: OrderId, chargeId: ChargeId, amount: Amount, currency: Currency, reason: Reason }),
  { description: 'Compensation: give back one charge that is not the one kept for the order.', kind: 'compensation' },
);
