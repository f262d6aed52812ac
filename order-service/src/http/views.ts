import {
  Amount,
  Currency,
  CustomerId,
  Email,
  OrderId,
  OrderLine,
  PaymentMethod,
  ShippingAddress,
} from '@quickstep/shared/contracts';
import { Nullable, Timestamp } from '@quickstep/shared/http';
import { type Static, Type } from '@sinclair/typebox';
import type { Order } from '../db/tables.js';
import { cancellationOf, isFailing, reasonCodeOf, reasonCodes } from '../domain/reason.js';
import { orderStatuses } from '../domain/status.js';

export const OrderStatusField = Type.Union(orderStatuses.map((status) => Type.Literal(status)));

export const OrderView = Type.Object({
  id: OrderId,
  status: OrderStatusField,
  customerId: CustomerId,
  email: Nullable(Email),
  items: Type.Array(OrderLine),
  total: Amount,
  currency: Currency,
  paymentMethod: PaymentMethod,
  shippingAddress: Nullable(ShippingAddress),
  reason: Nullable(Type.String({ description: 'Why it is being cancelled, or was: for people' })),
  reasonCode: Nullable(
    Type.Union(
      reasonCodes.map((code) => Type.Literal(code)),
      { description: 'Why it is being cancelled, or was: for programs. Null for a moment when only its end is known' },
    ),
  ),
  cancellation: Nullable(
    Type.Object(
      { requestedAt: Timestamp, rejectedAt: Nullable(Timestamp) },
      { description: 'By a request, or by the deadline. Rejected when the parcel had left: the order then completes' },
    ),
  ),
  trackingNumber: Nullable(Type.String()),
  placedAt: Nullable(Timestamp),
  deadlineAt: Nullable(Timestamp),
  endedAt: Nullable(Timestamp),
  stuckSince: Nullable(Timestamp),
});
export type OrderView = Static<typeof OrderView>;

/** An order as clients see it. */
export function orderView({ orderId, items, facts, requestHash: _, ...shown }: Order): OrderView {
  // The reason of a cancellation that came too late is none.
  const reason = isFailing(shown.status) ? shown.reason : null;
  const told = { reason, reasonCode: reasonCodeOf(facts), cancellation: cancellationOf(facts) };
  return { id: orderId, items: [...items], ...shown, ...told };
}
