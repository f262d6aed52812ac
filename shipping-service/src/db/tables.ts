import { boolean, json, type RowOf, table, textOrNull, uuidKey } from '@quickstep/shared/rows';

/**
 * The facts known of one order's shipment. The first of booking and cancellation to arrive creates the row, and both lock it: once
 * `closed`, the order will not be shipped, and a booking that comes back late is recalled.
 */
export const Shipments = table('shipments', {
  orderId: uuidKey(),
  trackingNumber: textOrNull(),
  refusalReason: textOrNull(),
  closed: boolean(false),
  recalled: boolean(false),
  /** Tracking numbers of parcels beside the one of the order; they are called back. */
  surplusParcels: json<readonly string[]>([]),
});
export type Shipment = RowOf<typeof Shipments>;
