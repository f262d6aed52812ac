/** What can be known of an order's saga: the types of the events that say so. */
export const orderFacts = [
  'inventory.reserved',
  'inventory.insufficient',
  'inventory.released',
  'payment.completed',
  'payment.failed',
  'payment.refunded',
  'shipping.shipped',
  'shipping.failed',
  'shipping.cancellation_rejected',
  'order.cancellation_requested',
] as const;
export type Fact = (typeof orderFacts)[number];

/** When each fact happened (RFC 3339); `deadline` is set when it was the deadline that asked for the cancellation. */
export type Facts = Readonly<Partial<Record<Fact | 'deadline', string>>>;

export const orderStatuses = ['PENDING', 'RESERVED', 'PAID', 'COMPLETED', 'CANCELLING', 'CANCELLED'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

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
