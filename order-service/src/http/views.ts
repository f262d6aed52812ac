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
  reason: Nullable(Type.String({ description: 'Why it is being cancelled, or was' })),
  trackingNumber: Nullable(Type.String()),
  placedAt: Nullable(Timestamp),
  deadlineAt: Nullable(Timestamp),
  endedAt: Nullable(Timestamp),
  stuckSince: Nullable(Timestamp),
});
export type OrderView = Static<typeof OrderView>;

/** An order as clients see it. */
export function orderView({ orderId, items, facts: _, requestHash: __, ...shown }: Order): OrderView {
  return { id: orderId, items: [...items], ...shown };
}
