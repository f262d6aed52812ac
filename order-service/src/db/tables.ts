import type { OrderLine, ShippingAddress } from '@quickstep/shared/contracts';
import {
  bigint,
  integer,
  json,
  jsonOrNull,
  type RowOf,
  table,
  text,
  textKey,
  textOrNull,
  timeOrNull,
  uuidKey,
} from '@quickstep/shared/rows';
import type { Facts, OrderStatus } from './facts.js';

/** An order, and the facts known of its saga. */
export const Orders = table('orders', {
  orderId: uuidKey(),
  customerId: text(''),
  email: textOrNull(),
  items: json<readonly OrderLine[]>([]),
  /** Integer minor units. */
  total: bigint(0),
  currency: text(''),
  paymentMethod: text(''),
  shippingAddress: jsonOrNull<ShippingAddress>(),
  /** Always `statusOf(facts)`; stored so that orders can be listed and counted by it. */
  status: text<OrderStatus>('PENDING'),
  facts: json<Facts>({}),
  /** Why it is being cancelled, or was. */
  reason: textOrNull(),
  trackingNumber: textOrNull(),
  /** Fingerprint of the request, when it came with an idempotency key. */
  requestHash: textOrNull(),
  /** Null only in a row that is being made: the database holds none of an order that was not placed, and lists them by this time. */
  placedAt: timeOrNull(),
  /** When the saga must have ended, or be looked at again; null once it has ended. */
  deadlineAt: timeOrNull(),
  endedAt: timeOrNull(),
  /** Since when the order is past its deadline although its cancellation was asked for. */
  stuckSince: timeOrNull(),
});
export type Order = RowOf<typeof Orders>;

/** What the order service knows of a catalogue item, from inventory's events. */
export const Catalogue = table('catalogue_items', {
  sku: textKey(),
  name: text(''),
  /** Integer minor units. */
  unitPrice: bigint(0),
  currency: text(''),
  /** The change that this is the state of: an older one that arrives late must not overwrite it. */
  revision: integer(0),
});
export type CatalogueItem = RowOf<typeof Catalogue>;
