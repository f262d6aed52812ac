import { choreography } from '@quickstep/shared/choreography';
import {
  AdjustStock,
  InventoryInsufficient,
  InventoryItemChanged,
  InventoryRelease,
  InventoryReleased,
  InventoryReserved,
  OrderCreated,
  PutItem,
  ShippingShipped,
} from '@quickstep/shared/contracts';

/** Inventory sets stock aside for an order, gives it back when the order fails, and hands it over when it is shipped. */
export const inventory = choreography('inventory-service', {
  reserveStock: {
    on: [OrderCreated],
    outcomes: {
      reserved: [InventoryReserved],
      insufficient: { fails: true, emits: [InventoryInsufficient] },
      repeated: { after: 'reserveStock' },
      overtaken: { after: 'releaseStock' },
    },
  },
  releaseStock: {
    on: [InventoryRelease],
    compensates: 'reserveStock',
    outcomes: { released: [InventoryReleased], repeated: { after: 'releaseStock' } },
  },
  commitStock: {
    on: [ShippingShipped],
    uncompensated: 'the parcel has left',
    outcomes: { committed: [], repeated: { after: 'commitStock' } },
  },
  putItem: {
    command: PutItem,
    outcomes: {
      created: [InventoryItemChanged],
      changed: { after: 'putItem', repeatable: true, emits: [InventoryItemChanged] },
      stockSet: { after: ['putItem.created', 'putItem.changed'] },
    },
    refusals: {
      revision_changed: { kind: 'precondition', when: 'The item has another revision than `If-Match` names' },
      stock_reserved: { kind: 'conflict', when: 'More units are reserved than would be on hand' },
    },
  },
  adjustStock: {
    command: AdjustStock,
    outcomes: { adjusted: [], repeated: { after: 'adjustStock' } },
    refusals: {
      item_not_found: { kind: 'not-found', when: 'There is no such item' },
      idempotency_key_reused: { kind: 'invalid', when: 'The Idempotency-Key came with another request before' },
      insufficient_stock: { kind: 'conflict', when: 'Fewer units are available than would be taken away' },
    },
  },
});
