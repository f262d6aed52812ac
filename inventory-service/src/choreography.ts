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
  reserveStock: { on: [OrderCreated], emits: [InventoryReserved, InventoryInsufficient] },
  releaseStock: { on: [InventoryRelease], emits: [InventoryReleased], compensates: 'reserveStock' },
  commitStock: { on: [ShippingShipped], emits: [] },
  putItem: { command: PutItem, emits: [InventoryItemChanged] },
  adjustStock: { command: AdjustStock, emits: [] },
});
