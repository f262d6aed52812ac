import type { OrderState } from '@quickstep/shared/contracts';
import type { Fact } from '../db/facts.js';
import type { Order } from '../db/tables.js';
import { statusOf } from './status.js';

/** @param time when it happened (RFC 3339) */
export function addFact(order: Order, fact: Fact, time: string): void {
  order.facts = { ...order.facts, [fact]: time };
  order.status = statusOf(order.facts);
}

export function isCancellationRequested({ facts }: Order): boolean {
  return facts['order.cancellation_requested'] !== undefined;
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
