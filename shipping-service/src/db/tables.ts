import { table } from '@quickstep/shared/rows';
import { EntitySchema } from 'typeorm';
import type { Shipment } from '../domain/shipment.js';

export const ShipmentEntity = new EntitySchema<Shipment>({
  name: 'Shipment',
  tableName: 'shipments',
  columns: {
    orderId: { name: 'order_id', type: 'uuid', primary: true },
    trackingNumber: { name: 'tracking_number', type: 'text', nullable: true },
    refusalReason: { name: 'refusal_reason', type: 'text', nullable: true },
    closed: { type: 'boolean' },
    recalled: { type: 'boolean' },
  },
});

export const Shipments = table(
  ShipmentEntity,
  (orderId): Shipment => ({ orderId, trackingNumber: null, refusalReason: null, closed: false, recalled: false }),
);
