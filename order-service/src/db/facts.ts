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
