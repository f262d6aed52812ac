import type { OrderLine, OrderState, ShippingAddress } from '@quickstep/shared/contracts';
import { type Fact, type Facts, type OrderStatus, statusOf } from './status.js';

/** An order, and the facts known of its saga. */
export type Order = {
  readonly orderId: string;
  customerId: string;
  email: string | null;
  items: readonly OrderLine[];
  /** Integer minor units. */
  total: number;
  currency: string;
  paymentMethod: string;
  shippingAddress: ShippingAddress | null;
  /** Always `statusOf(facts)`; stored so that orders can be listed and counted by it. */
  status: OrderStatus;
  facts: Facts;
  /** Why it is being cancelled, or was. */
  reason: string | null;
  trackingNumber: string | null;
  /** Fingerprint of the request, when it came with an idempotency key. */
  requestHash: string | null;
  /** Null until the order has been placed. */
  placedAt: Date | null;
  /** When the saga must have ended, or be looked at again; null once it has ended. */
  deadlineAt: Date | null;
  endedAt: Date | null;
  /** Since when the order is past its deadline although its cancellation was asked for. */
  stuckSince: Date | null;
};

/** @param time when it happened (RFC 3339) */
export function learn(order: Order, fact: Fact, time: string): void {
  order.facts = { ...order.facts, [fact]: time };
  order.status = statusOf(order.facts);
}

/** @param deadlineMs how long a saga may take, in milliseconds */
export function deadlineFrom(start: Date, deadlineMs: number): Date {
  return new Date(start.getTime() + deadlineMs);
}

/** What the events of the chain carry of an order. */
export function stateOf(order: Order): OrderState {
  const { orderId, customerId, email, items, total, currency } = order;
  return { orderId, customerId, ...(email === null ? {} : { email }), items: [...items], total, currency };
}

/** The order as it was when it was placed: the answer to its request, and to every repetition of it. */
export function asPlaced(order: Order, deadlineMs: number): Order {
  const deadlineAt = order.placedAt === null ? null : deadlineFrom(order.placedAt, deadlineMs);
  const unknownThen = { facts: {}, reason: null, trackingNumber: null, endedAt: null, stuckSince: null };
  return { ...order, ...unknownThen, status: 'PENDING', deadlineAt };
}
