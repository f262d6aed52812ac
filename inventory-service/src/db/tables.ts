import { table } from '@quickstep/shared/rows';
import { EntitySchema } from 'typeorm';
import type { Adjustment } from '../domain/adjustment.js';
import type { Reservation } from '../domain/reservation.js';
import type { StockItem } from '../domain/stock.js';

export const StockItemEntity = new EntitySchema<StockItem>({
  name: 'StockItem',
  tableName: 'stock_items',
  columns: {
    sku: { type: 'text', primary: true },
    name: { type: 'text' },
    unitPrice: { name: 'unit_price', type: 'bigint' },
    currency: { type: 'text' },
    available: { type: 'bigint' },
    reserved: { type: 'bigint' },
    onHand: { name: 'on_hand', type: 'bigint' },
    revision: { type: 'integer' },
  },
});

export const ReservationEntity = new EntitySchema<Reservation>({
  name: 'Reservation',
  tableName: 'reservations',
  columns: {
    orderId: { name: 'order_id', type: 'uuid', primary: true },
    status: { type: 'text' },
    items: { type: 'jsonb' },
  },
});

export const AdjustmentEntity = new EntitySchema<Adjustment>({
  name: 'Adjustment',
  tableName: 'stock_adjustments',
  columns: {
    adjustmentId: { name: 'adjustment_id', type: 'text', primary: true },
    sku: { type: 'text' },
    delta: { type: 'bigint' },
    reason: { type: 'text' },
    madeAt: { name: 'made_at', type: 'timestamptz', nullable: true },
  },
});

export const Stock = table(StockItemEntity, (sku) => ({
  sku,
  name: '',
  unitPrice: 0,
  currency: '',
  available: 0,
  reserved: 0,
  onHand: 0,
  revision: 0,
}));

export const Reservations = table(ReservationEntity, (orderId): Reservation => ({ orderId, status: 'none', items: [] }));

export const Adjustments = table(
  AdjustmentEntity,
  (adjustmentId): Adjustment => ({ adjustmentId, sku: '', delta: 0, reason: '', madeAt: null }),
);
