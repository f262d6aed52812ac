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
  placeOrder: {
    command: PlaceOrder,
    outcomes: { placed: [OrderCreated], repeated: [] },
    refusals: {
      invalid_request: { kind: 'invalid', when: 'Some items are not in the catalogue, or cannot be ordered together' },
      idempotency_key_reused: { kind: 'invalid', when: 'The Idempotency-Key came with another request before' },
    },
  },
  cancelOrder: {
    command: CancelOrder,
    outcomes: { requested: [OrderCancellationRequested], repeated: [] },
    refusals: {
      order_not_found: { kind: 'not-found', when: 'There is no such order' },
      order_ended: { kind: 'conflict', when: 'The order has ended already' },
    },
  },
  expireOrder: {
    timer: "the order's deadline",
    outcomes: { expired: [OrderCancellationRequested], stuck: [OrderStuck], stillStuck: [], notDue: [] },
  },
  trackOrder: {
    on: [
      InventoryReserved,
      InventoryInsufficient,
      InventoryReleased,
      PaymentCompleted,
      PaymentFailed,
      PaymentRefunded,
      ShippingShipped,
      ShippingFailed,
      ShippingCancellationRejected,
    ],
    outcomes: {
      recorded: [],
      completed: { on: [ShippingShipped], emits: [OrderCompleted] },
      cancelled: { on: [InventoryInsufficient, InventoryReleased], emits: [OrderCancelled] },
    },
  },
  updateCatalogue: { on: [InventoryItemChanged], outcomes: { updated: [], overtaken: [] } },
});
