export interface Charge {
  /** The order. */
  readonly reference: string;
  /** Integer minor units. */
  readonly amount: number;
  readonly currency: string;
  /** Token of a payment method. */
  readonly paymentMethod: string;
}

export type ChargeOutcome =
  | { readonly kind: 'charged'; readonly chargeId: string }
  | { readonly kind: 'declined'; readonly reason: string };

export type RefundOutcome =
  | { readonly kind: 'refunded'; readonly refundId: string; readonly chargeId: string; readonly amount: number }
  | { readonly kind: 'nothing-charged' };

export interface Reversal {
  /** The order. */
  readonly reference: string;
  readonly chargeId: string;
}

/**
 * Who moves the money. Every call answers a repeated idempotency key as it did at first; only `nothing-charged`, by which no money
 * moved, is asked anew, as the charge may still come. A provider that keeps every answer under its key, refusals too, must not be asked for
 * a refund before there is a charge: the adapter looks for the charges of the reference first, without a key, and has the one that it finds
 * refunded under the key. Calls reject when the outcome is unknown or the gateway is away, and are then tried again with the same key. The
 * signal aborts when a call is given up: it is to be broken off.
 */
export interface PaymentGateway {
  charge(charge: Charge, idempotencyKey: string, signal: AbortSignal): Promise<ChargeOutcome>;
  /** Gives back what was charged for the reference, once, however often it is asked. */
  refund(reference: string, idempotencyKey: string, signal: AbortSignal): Promise<RefundOutcome>;
  /** Gives back one particular charge, and no other. Resolves to the id of the reversal. */
  reverse(reversal: Reversal, idempotencyKey: string, signal: AbortSignal): Promise<string>;
}
