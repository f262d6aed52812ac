import type { OrderLine } from '@quickstep/shared/contracts';
import { bigint, integer, json, type RowOf, table, text, textKey, textOrNull, timeOrNull, uuidKey } from '@quickstep/shared/rows';

/** One catalogue item and its level. Always `onHand = available + reserved`, and nothing is negative. */
export const Stock = table('stock_items', {
  sku: textKey(),
  name: text(''),
  /** Integer minor units. */
  unitPrice: bigint(0),
  currency: text(''),
  available: bigint(0),
  reserved: bigint(0),
  onHand: bigint(0),
  /** Grows with every change of what the catalogue shows; 0 before the item exists. */
  revision: integer(0),
});
export type StockItem = RowOf<typeof Stock>;

/**
 * What inventory did for one order. The first of reservation and release to arrive creates the row, and both lock it: once
 * `released`, a reservation that comes late does nothing.
 */
export const Reservations = table('reservations', {
  orderId: uuidKey(),
  status: text<'none' | 'reserved' | 'insufficient' | 'released' | 'committed'>('none'),
  items: json<readonly OrderLine[]>([]),
});

/** A change of the level that no order made, and why: the books must tell. */
export const Adjustments = table('stock_adjustments', {
  /** The id of the work, which follows from the client's `Idempotency-Key` if there is one. */
  adjustmentId: textKey(),
  sku: text(''),
  delta: bigint(0),
  reason: text(''),
  /** Fingerprint of the request, when it came with an idempotency key. */
  requestHash: textOrNull(),
  /** Null until it has been made. */
  madeAt: timeOrNull(),
});
