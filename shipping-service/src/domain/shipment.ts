/**
 * The facts known of one order's shipment. The first of booking and cancellation to arrive creates the row, and both lock it: once
 * `closed`, the order will not be shipped, and a booking that comes back late is recalled.
 */
export type Shipment = {
  readonly orderId: string;
  trackingNumber: string | null;
  refusalReason: string | null;
  closed: boolean;
  recalled: boolean;
};

export const shipmentStatuses = ['PENDING', 'SHIPPED', 'REFUSED', 'CANCELLED', 'RECALLED'] as const;
export type ShipmentStatus = (typeof shipmentStatuses)[number];

export function shipmentStatus(shipment: Shipment): ShipmentStatus {
  if (shipment.recalled) return 'RECALLED';
  if (shipment.refusalReason !== null) return 'REFUSED';
  if (shipment.closed) return 'CANCELLED';
  return shipment.trackingNumber === null ? 'PENDING' : 'SHIPPED';
}
