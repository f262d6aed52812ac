import { type OrderState, reasons, type ShippingAddress } from '@quickstep/shared/contracts';
import type { EventOf } from '@quickstep/shared/events';
import { change } from '@quickstep/shared/rows';
import type { order as declared } from '../choreography.js';
import type { Order } from '../db/tables.js';
import { addFact } from './order.js';
import { hasEnded } from './status.js';

/** What is known of an order from its beginning. */
export interface PlacedOrder extends Omit<OrderState, 'orderId' | 'email'> {
  readonly email?: string | undefined;
  readonly paymentMethod: string;
  readonly shippingAddress: ShippingAddress;
}

/** An event that tells how far the saga has come. */
export type TrackedEvent = EventOf<(typeof declared.steps.trackOrder.on)[number]>;

export function place(order: Order, placed: PlacedOrder, at: Date): void {
  const { customerId, email = null, items, total, currency, paymentMethod, shippingAddress } = placed;
  change(order, { customerId, email, items, total, currency, paymentMethod, shippingAddress, placedAt: at });
}

export function record(order: Order, event: TrackedEvent): void {
  addFact(order, event.type, event.time);
  if (event.type === 'shipping.shipped') order.trackingNumber = event.data.trackingNumber;
  if (event.type === 'inventory.insufficient') order.reason ??= reasons.noStock;
  // A failure does not end the order yet, but it is the reason that the ending gives.
  if (event.type === 'payment.failed' || event.type === 'shipping.failed') order.reason ??= event.data.reason;
}

/** Its cancellation was asked for. */
export function askToCancel(order: Order, reason: string, at: Date, by: 'customer' | 'deadline' = 'customer'): void {
  addFact(order, 'order.cancellation_requested', at.toISOString());
  if (by === 'deadline') order.facts = { ...order.facts, deadline: at.toISOString() };
  order.reason ??= reason;
}

/** Past its deadline, and it cannot end. */
export function markStuck(order: Order, at: Date): void {
  order.stuckSince = at;
}

/** Ends an order whose facts say that it has ended. @returns whether they do, and did not before */
export function end(order: Order, at: Date): boolean {
  if (order.endedAt !== null || !hasEnded(order.status)) return false;
  change(order, { endedAt: at, deadlineAt: null, stuckSince: null });
  if (order.status === 'COMPLETED') order.reason = null;
  return true;
}
