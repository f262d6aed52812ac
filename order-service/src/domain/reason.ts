import type { Fact, Facts, OrderStatus } from '../db/facts.js';
import { statusOf } from './status.js';

/** Why an order is being cancelled, or was. */
export const reasonCodes = [
  'out_of_stock',
  'payment_declined',
  'carrier_refused',
  'cancelled_on_request',
  'deadline_passed',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

/** Of facts of the same time the first in this list counts: a request makes shipping fail, but no failure makes a request. */
const causes = [
  'order.cancellation_requested',
  'inventory.insufficient',
  'payment.failed',
  'shipping.failed',
] as const satisfies readonly Fact[];

const codeOf = (cause: (typeof causes)[number], facts: Facts): ReasonCode => {
  if (cause === 'inventory.insufficient') return 'out_of_stock';
  if (cause === 'payment.failed') return 'payment_declined';
  if (cause === 'shipping.failed') return 'carrier_refused';
  return facts.deadline === undefined ? 'cancelled_on_request' : 'deadline_passed';
};

/** It is on its way to an end without delivery, or has come there. */
export const isFailing = (status: OrderStatus) => status === 'CANCELLING' || status === 'CANCELLED';

/** The first of the facts that cancel an order, whatever order they arrived in; null for an order that is not being cancelled. */
export function reasonCodeOf(facts: Facts): ReasonCode | null {
  if (!isFailing(statusOf(facts))) return null;
  const known = causes.flatMap((cause) => {
    const time = facts[cause];
    return time === undefined ? [] : [{ cause, at: Date.parse(time) }];
  });
  const [first] = known.toSorted((a, b) => a.at - b.at);
  // The end of the compensation may be heard of before its beginning.
  return first === undefined ? null : codeOf(first.cause, facts);
}

export interface Cancellation {
  readonly requestedAt: Date;
  /** The parcel had left: the order goes on to its end. */
  readonly rejectedAt: Date | null;
}

/** Null when nobody, and no deadline, has asked to cancel the order. */
export function cancellationOf(facts: Facts): Cancellation | null {
  const { 'order.cancellation_requested': requested, 'shipping.cancellation_rejected': rejected } = facts;
  if (requested === undefined) return null;
  return { requestedAt: new Date(requested), rejectedAt: rejected === undefined ? null : new Date(rejected) };
}
