import { choreography } from '@quickstep/shared/choreography';
import {
  CancelOrder,
  InventoryInsufficient,
  InventoryItemChanged,
  InventoryReleased,
  InventoryReserved,
  OrderCancellationRequested,
  OrderCancelled,
  OrderCompleted,
  OrderCreated,
  OrderStuck,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefunded,
  PlaceOrder,
  ShippingCancellationRejected,
  ShippingFailed,
  ShippingShipped,
} from '@quickstep/shared/contracts';

/** Order begins the saga, records how far it has come, and tells when it has ended. */
export const order = choreography('order-service', {
  placeOrder: { command: PlaceOrder, emits: [OrderCreated] },
  cancelOrder: { command: CancelOrder, emits: [OrderCancellationRequested] },
  expireOrder: { timer: "the order's deadline", emits: [OrderCancellationRequested, OrderStuck] },
  recordProgress: { on: [InventoryReserved, PaymentCompleted, ShippingCancellationRejected, PaymentRefunded], emits: [] },
  endOrder: {
    on: [ShippingShipped, InventoryInsufficient, PaymentFailed, ShippingFailed, InventoryReleased],
    emits: [OrderCompleted, OrderCancelled],
  },
  updateCatalogue: { on: [InventoryItemChanged], emits: [] },
});
