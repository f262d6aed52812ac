import { OrderCancelled, OrderCompleted } from '@quickstep/shared/contracts';
import { bigint, integer, type Ref, type RowOf, table, text, textKey } from '@quickstep/shared/rows';
import { projection } from '../projections/index.js';

/** What was sold, and what was not in the end, of one SKU on one day (UTC, by when the order ended). */
export const Sales = table('sales', {
  /** `2026-11-24 SKU-1 EUR` */
  key: textKey(),
  day: text(''),
  sku: text(''),
  currency: text(''),
  completedOrders: integer(0),
  completedQuantity: bigint(0),
  /** Integer minor units. */
  completedAmount: bigint(0),
  cancelledOrders: integer(0),
  cancelledQuantity: bigint(0),
  cancelledAmount: bigint(0),
});
export type Sale = RowOf<typeof Sales>;

const dayOf = (time: Date) => time.toISOString().slice(0, 10);

export const sales = projection({
  name: 'sales',
  version: 1,
  tables: [{ table: Sales, indices: ['(day, sku, currency)'] }],
  observes: [OrderCompleted, OrderCancelled],
  rows: ({ data: { items, currency } }, time): Record<string, Ref<Sale>> =>
    Object.fromEntries(items.map(({ sku }) => [sku, Sales.fresh(`${dayOf(time)} ${sku} ${currency}`)])),
  apply({ type, data: { items, currency } }, rows, time) {
    for (const { sku, quantity, unitPrice } of items) {
      const sale = rows[sku];
      if (sale === undefined) continue;
      sale.day = dayOf(time);
      sale.sku = sku;
      sale.currency = currency;
      if (type === 'order.completed') {
        sale.completedOrders += 1;
        sale.completedQuantity += quantity;
        sale.completedAmount += quantity * unitPrice;
      } else {
        sale.cancelledOrders += 1;
        sale.cancelledQuantity += quantity;
        sale.cancelledAmount += quantity * unitPrice;
      }
    }
  },
});
