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
    uncompensated: 'an order is kept, also when it ends cancelled',
    outcomes: { placed: [OrderCreated], repeated: { after: 'placeOrder' } },
    refusals: {
      invalid_request: { kind: 'invalid', when: 'Some items are not in the catalogue, or cannot be ordered together' },
      idempotency_key_reused: { kind: 'invalid', when: 'The Idempotency-Key came with another request before' },
    },
  },
  cancelOrder: {
    command: CancelOrder,
    uncompensated: 'it only asks; the steps that answer are compensated',
    outcomes: {
      requested: { after: 'placeOrder', emits: [OrderCancellationRequested] },
      repeated: { after: ['cancelOrder', 'expireOrder'] },
    },
    refusals: {
      order_not_found: { kind: 'not-found', when: 'There is no such order' },
      order_ended: { kind: 'conflict', when: 'The order has ended already' },
    },
  },
  expireOrder: {
    timer: "the order's deadline",
    deadline: { from: 'placeOrder', until: [OrderCompleted, OrderCancelled] },
    uncompensated: 'it only asks; the steps that answer are compensated',
    outcomes: {
      expired: { after: 'placeOrder', emits: [OrderCancellationRequested] },
      stuck: { after: ['cancelOrder.requested', 'expireOrder.expired'], emits: [OrderStuck] },
      stillStuck: { after: 'expireOrder.stuck' },
    },
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
    uncompensated: 'it keeps the record of what the others did',
    outcomes: {
      recorded: {
        on: [InventoryReserved, PaymentCompleted, PaymentFailed, PaymentRefunded, ShippingFailed, ShippingCancellationRejected],
        repeatable: true,
      },
      completed: { on: [ShippingShipped], emits: [OrderCompleted] },
      cancelled: { on: [InventoryInsufficient, InventoryReleased], emits: [OrderCancelled] },
      alreadyEnded: { after: ['trackOrder.completed', 'trackOrder.cancelled'] },
    },
  },
  updateCatalogue: { on: [InventoryItemChanged], outcomes: { updated: [], overtaken: { after: 'updateCatalogue' } } },
});
