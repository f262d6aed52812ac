import type { Order } from './order.js';

/** An order as clients see it. */
export function orderView(order: Order) {
  return {
    id: order.orderId,
    status: order.status,
    customerId: order.customerId,
    email: order.email,
    items: order.items,
    total: order.total,
    currency: order.currency,
    paymentMethod: order.paymentMethod,
    shippingAddress: order.shippingAddress,
    reason: order.reason,
    trackingNumber: order.trackingNumber,
    placedAt: order.placedAt,
    deadlineAt: order.deadlineAt,
    endedAt: order.endedAt,
    stuckSince: order.stuckSince,
  };
}

/** The order as it was when it was placed: the answer to its request, and to every repetition of it. */
export function placedView(order: Order, deadlineMs: number) {
  const deadlineAt = order.placedAt === null ? null : new Date(order.placedAt.getTime() + deadlineMs);
  return {
    ...orderView(order),
    status: 'PENDING' as const,
    reason: null,
    trackingNumber: null,
    deadlineAt,
    endedAt: null,
    stuckSince: null,
  };
}
