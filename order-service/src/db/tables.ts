import { table } from '@quickstep/shared/rows';
import { EntitySchema } from 'typeorm';
import type { CatalogueItem } from '../domain/catalogue-item.js';
import type { Order } from '../domain/order.js';

export const OrderEntity = new EntitySchema<Order>({
  name: 'Order',
  tableName: 'orders',
  columns: {
    orderId: { name: 'order_id', type: 'uuid', primary: true },
    customerId: { name: 'customer_id', type: 'text' },
    email: { type: 'text', nullable: true },
    items: { type: 'jsonb' },
    total: { type: 'bigint' },
    currency: { type: 'text' },
    paymentMethod: { name: 'payment_method', type: 'text' },
    shippingAddress: { name: 'shipping_address', type: 'jsonb', nullable: true },
    status: { type: 'text' },
    facts: { type: 'jsonb' },
    reason: { type: 'text', nullable: true },
    trackingNumber: { name: 'tracking_number', type: 'text', nullable: true },
    requestHash: { name: 'request_hash', type: 'text', nullable: true },
    placedAt: { name: 'placed_at', type: 'timestamptz', nullable: true },
    deadlineAt: { name: 'deadline_at', type: 'timestamptz', nullable: true },
    endedAt: { name: 'ended_at', type: 'timestamptz', nullable: true },
    stuckSince: { name: 'stuck_since', type: 'timestamptz', nullable: true },
  },
});

export const CatalogueItemEntity = new EntitySchema<CatalogueItem>({
  name: 'CatalogueItem',
  tableName: 'catalogue_items',
  columns: {
    sku: { type: 'text', primary: true },
    name: { type: 'text' },
    unitPrice: { name: 'unit_price', type: 'bigint' },
    currency: { type: 'text' },
    revision: { type: 'integer' },
  },
});

export const Orders = table(
  OrderEntity,
  (orderId): Order => ({
    orderId,
    customerId: '',
    email: null,
    items: [],
    total: 0,
    currency: '',
    paymentMethod: '',
    shippingAddress: null,
    status: 'PENDING',
    facts: {},
    reason: null,
    trackingNumber: null,
    requestHash: null,
    placedAt: null,
    deadlineAt: null,
    endedAt: null,
    stuckSince: null,
  }),
);

export const Catalogue = table(
  CatalogueItemEntity,
  (sku): CatalogueItem => ({ sku, name: '', unitPrice: 0, currency: '', revision: 0 }),
);
