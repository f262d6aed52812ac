import {
  InventoryInsufficient,
  InventoryReserved,
  OrderCancelled,
  OrderCompleted,
  OrderCreated,
  PaymentCompleted,
  PaymentFailed,
  ShippingFailed,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { declarations, type PatternDeclaration, type WindowDeclaration } from './declaration.js';

const MINUTE = 60;
const endings = [OrderCompleted, OrderCancelled];

/** The windows that are kept. Another one is another entry. */
export const windows = declarations<WindowDeclaration>([
  {
    name: 'orders-placed',
    description: 'Orders placed in each minute',
    types: [OrderCreated],
    window: { seconds: MINUTE },
    measure: { kind: 'count' },
  },
  {
    name: 'sales',
    description: 'What was sold in each five minutes, by currency, in minor units',
    types: [OrderCompleted],
    key: 'data.currency',
    window: { seconds: 5 * MINUTE },
    measure: { kind: 'sum', of: 'data.total' },
  },
  {
    name: 'units-sold',
    description: 'Units sold in each five minutes, by SKU',
    types: [OrderCompleted],
    each: 'items',
    key: 'item.sku',
    window: { seconds: 5 * MINUTE },
    measure: { kind: 'sum', of: 'item.quantity' },
  },
  {
    name: 'time-to-complete',
    description: 'From placed to completed, in milliseconds, over five minutes, every minute',
    types: [OrderCompleted],
    window: { seconds: 5 * MINUTE, every: MINUTE },
    measure: { kind: 'milliseconds', since: OrderCreated },
  },
  {
    name: 'time-to-decline',
    description: 'From reserved to declined, in milliseconds, over five minutes, every minute',
    types: [PaymentFailed],
    window: { seconds: 5 * MINUTE, every: MINUTE },
    measure: { kind: 'milliseconds', since: InventoryReserved },
  },
  {
    name: 'cancelled-share',
    description: 'Cancelled orders of those that ended, over ten minutes, every minute',
    types: endings,
    window: { seconds: 10 * MINUTE, every: MINUTE },
    measure: { kind: 'share', of: [OrderCancelled] },
  },
]);

/** What raises an alert. */
export const patterns = declarations<PatternDeclaration>([
  {
    name: 'declined-three-times',
    description: 'Three declined payments of one customer within ten minutes',
    types: [PaymentFailed],
    key: { from: InventoryReserved, path: 'data.customerId' },
    pattern: { kind: 'repetition', times: 3, within: 10 * MINUTE },
  },
  {
    name: 'sold-out',
    description: 'A SKU was not in stock for five orders within ten minutes',
    types: [InventoryInsufficient],
    each: 'shortages',
    key: 'item.sku',
    pattern: { kind: 'repetition', times: 5, within: 10 * MINUTE },
  },
  {
    name: 'payments-fail',
    description: 'Half of at least twenty payments within five minutes were declined',
    types: [PaymentCompleted, PaymentFailed],
    pattern: { kind: 'rate', of: [PaymentFailed], reaches: 0.5, least: 20, within: 5 * MINUTE },
  },
  {
    name: 'shipments-fail',
    description: 'Half of at least twenty shipments within five minutes were refused',
    types: [ShippingShipped, ShippingFailed],
    pattern: { kind: 'rate', of: [ShippingFailed], reaches: 0.5, least: 20, within: 5 * MINUTE },
  },
]);
