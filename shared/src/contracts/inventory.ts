import { Type } from '@sinclair/typebox';
import { command, event } from '../events/index.js';
import {
  Currency,
  ItemName,
  OrderId,
  OrderLine,
  orderState,
  PaymentMethod,
  Reason,
  ShippingAddress,
  Sku,
  UnitPrice,
} from './fields.js';

const MAX_STOCK = 1_000_000_000;

export const InventoryReserved = event(
  'inventory.reserved',
  Type.Object({ ...orderState, paymentMethod: PaymentMethod, shippingAddress: ShippingAddress }),
  { description: 'Every item of the order is set aside for it.' },
);

export const InventoryInsufficient = event(
  'inventory.insufficient',
  Type.Object({
    orderId: OrderId,
    shortages: Type.Array(
      Type.Object({ sku: Sku, requested: Type.Integer({ minimum: 1 }), available: Type.Integer({ minimum: 0 }) }),
      { minItems: 1, maxItems: 100 },
    ),
  }),
  { description: 'At least one item is not in stock; nothing was set aside, so there is nothing to undo.' },
);

export const InventoryRelease = event(
  'inventory.release',
  Type.Object({ orderId: OrderId, items: Type.Array(OrderLine, { minItems: 1, maxItems: 100 }), reason: Reason }),
  {
    description: 'Compensation: put the stock set aside for the order back.',
    kind: 'compensation',
    emitters: ['payment-service'],
  },
);

export const InventoryReleased = event('inventory.released', Type.Object({ orderId: OrderId, reason: Reason }), {
  description: 'Nothing is set aside for the order any more.',
});

export const InventoryItemChanged = event(
  'inventory.item_changed',
  Type.Object({
    sku: Sku,
    name: ItemName,
    unitPrice: UnitPrice,
    currency: Currency,
    revision: Type.Integer({ minimum: 1, description: 'Grows with every change: an older one must not overwrite a newer' }),
  }),
  { description: 'A catalogue item was created or changed (its level is not part of it).', subject: 'sku' },
);

export const PutItem = command(
  Type.Object(
    {
      name: ItemName,
      unitPrice: UnitPrice,
      currency: Currency,
      onHand: Type.Optional(
        Type.Integer({ minimum: 0, maximum: MAX_STOCK, description: 'Units in the warehouse, reserved ones included' }),
      ),
    },
    { additionalProperties: false, examples: [{ name: 'Mug', unitPrice: 1_290, currency: 'EUR', onHand: 500 }] },
  ),
  'Create or change a catalogue item.',
);

export const AdjustStock = command(
  Type.Object(
    { delta: Type.Integer({ minimum: -MAX_STOCK, maximum: MAX_STOCK }), reason: Reason },
    { additionalProperties: false, examples: [{ delta: 100, reason: 'Delivery' }] },
  ),
  'Add to or take from the units on hand.',
);
