import { OrderCancelled, OrderCompleted, OrderCreated, PaymentCompleted, PaymentRefunded } from '@quickstep/shared/contracts';
import { bigint, table, text, textKey, textOrNull, timeOrNull } from '@quickstep/shared/rows';
import { projection } from '../projections/index.js';

/** One order of a customer: what it was about in money. */
export const CustomerOrders = table('customer_orders', {
  orderId: textKey(),
  customerId: text(''),
  /** Integer minor units. */
  total: bigint(0),
  currency: text(''),
  /** What was charged for it. */
  charged: bigint(0),
  /** What was given back. */
  refunded: bigint(0),
  placedAt: timeOrNull(),
  /** Of the first of its events that the archive has. */
  startedAt: timeOrNull(),
  endedAt: timeOrNull(),
  endedAs: textOrNull<'COMPLETED' | 'CANCELLED'>(),
});

export const customers = projection({
  name: 'customers',
  version: 2,
  tables: [{ table: CustomerOrders, indices: ['(customer_id, started_at, order_id)'] }],
  observes: [OrderCreated, PaymentCompleted, PaymentRefunded, OrderCompleted, OrderCancelled],
  rows: ({ subject }) => ({ order: CustomerOrders.fresh(subject) }),
  apply(event, { order }) {
    const time = new Date(event.time);
    if (order.startedAt === null || time < order.startedAt) order.startedAt = time;
    order.customerId = event.data.customerId;
    order.currency = event.data.currency;
    if (event.type === 'payment.refunded') {
      // It is said again of an order that holds no money any more.
      order.refunded = Math.max(order.refunded, event.data.amount);
      return;
    }
    order.total = event.data.total;
    if (event.type === 'payment.completed') order.charged = event.data.total;
    if (event.type === 'order.created') order.placedAt = time;
    if (event.type === 'order.completed' || event.type === 'order.cancelled') {
      order.endedAt = time;
      order.endedAs = event.type === 'order.completed' ? 'COMPLETED' : 'CANCELLED';
    }
  },
});
