import type { Shipment } from '../db/tables.js';

export const shipmentStatuses = ['PENDING', 'SHIPPED', 'REFUSED', 'CANCELLED', 'RECALLED'] as const;
export type ShipmentStatus = (typeof shipmentStatuses)[number];

export function shipmentStatus(shipment: Shipment): ShipmentStatus {
  if (shipment.recalled) return 'RECALLED';
  if (shipment.refusalReason !== null) return 'REFUSED';
  if (shipment.closed) return 'CANCELLED';
  return shipment.trackingNumber === null ? 'PENDING' : 'SHIPPED';
}
