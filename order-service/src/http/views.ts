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
import { Nullable, named, Timestamp } from '@quickstep/shared/http';
import { type Static, Type } from '@sinclair/typebox';
import { orderStatuses } from '../db/facts.js';
import type { Order } from '../db/tables.js';
import { cancellationOf, isFailing, reasonCodeOf, reasonCodes } from '../domain/reason.js';

export const OrderStatusField = named('OrderStatus', Type.Union(orderStatuses.map((status) => Type.Literal(status))));

const example = {
  id: '0193a4b0-5f2e-7c31-9a54-0d6b1f1c2e77',
  status: 'COMPLETED',
  customerId: 'customer-1',
  email: 'ada@example.com',
  items: [{ sku: 'SKU-001', quantity: 2, unitPrice: 1_290 }],
  total: 2_580,
  currency: 'EUR',
  paymentMethod: 'pm_card_ok',
  shippingAddress: { name: 'Ada', line1: '1 Main St', city: 'London', postalCode: 'N1', country: 'GB' },
  reason: null,
  reasonCode: null,
  cancellation: null,
  trackingNumber: 'QS862D44AD0735B4',
  placedAt: '2026-11-21T10:00:00.000Z',
  deadlineAt: null,
  endedAt: '2026-11-21T10:00:00.112Z',
  stuckSince: null,
};

const ReasonCodeField = named(
  'ReasonCode',
  Type.Union(
    reasonCodes.map((code) => Type.Literal(code)),
    { description: 'Why it is being cancelled, or was: for programs. Null for a moment when only its end is known' },
  ),
);

const CancellationView = named(
  'Cancellation',
  Type.Object(
    { requestedAt: Timestamp, rejectedAt: Nullable(Timestamp) },
    { description: 'By a request, or by the deadline. Rejected when the parcel had left: the order then completes' },
  ),
);

export const OrderView = named(
  'Order',
  Type.Object({
    id: OrderId,
    status: OrderStatusField,
    customerId: CustomerId,
    email: Nullable(Email),
    items: Type.Array(named('OrderLine', OrderLine)),
    total: Amount,
    currency: Currency,
    paymentMethod: PaymentMethod,
    // Null once it has been erased (docs/retention.md).
    shippingAddress: Nullable(named('ShippingAddress', ShippingAddress)),
    reason: Nullable(Type.String({ description: 'Why it is being cancelled, or was: for people' })),
    reasonCode: Nullable(ReasonCodeField),
    cancellation: Nullable(CancellationView),
    trackingNumber: Nullable(Type.String()),
    placedAt: Timestamp,
    deadlineAt: Nullable(Timestamp),
    endedAt: Nullable(Timestamp),
    stuckSince: Nullable(Timestamp),
  }),
  example,
);
export type OrderView = Static<typeof OrderView>;

/** An order as clients see it. */
export function orderView({ orderId, items, facts, placedAt, requestHash: _, ...shown }: Order): OrderView {
  if (placedAt === null) throw new TypeError(`Order ${orderId} has not been placed`);
  // The reason of a cancellation that came too late is none.
  const reason = isFailing(shown.status) ? shown.reason : null;
  const told = { reason, reasonCode: reasonCodeOf(facts), cancellation: cancellationOf(facts) };
  return { id: orderId, items: [...items], placedAt, ...shown, ...told };
}
