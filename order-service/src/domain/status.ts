import type { Fact, Facts, OrderStatus } from '../db/facts.js';

const has = (facts: Facts, ...any: Fact[]) => any.some((fact) => facts[fact] !== undefined);

/**
 * The status that follows from the facts, whatever order they arrived in. The last link of the compensation chain is
 * `inventory.released`, which only follows once no money is held; so a failed order is `CANCELLED` when that is confirmed.
 */
export function statusOf(facts: Facts): OrderStatus {
  if (has(facts, 'shipping.shipped')) return 'COMPLETED';
  if (has(facts, 'inventory.insufficient', 'inventory.released')) return 'CANCELLED';
  if (has(facts, 'payment.failed', 'payment.refunded', 'shipping.failed')) return 'CANCELLING';
  if (has(facts, 'order.cancellation_requested') && !has(facts, 'shipping.cancellation_rejected')) return 'CANCELLING';
  if (has(facts, 'payment.completed')) return 'PAID';
  return has(facts, 'inventory.reserved') ? 'RESERVED' : 'PENDING';
}

export function hasEnded(status: OrderStatus): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED';
}
