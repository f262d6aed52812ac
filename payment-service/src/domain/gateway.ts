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
  | { readonly kind: 'refunded'; readonly refundId: string; readonly amount: number }
  | { readonly kind: 'nothing-charged' };

/**
 * Who moves the money. Both calls answer a repeated idempotency key as they did at first; they reject when the outcome is unknown
 * or the gateway is away, and are then tried again with the same key.
 */
export interface PaymentGateway {
  charge(charge: Charge, idempotencyKey: string): Promise<ChargeOutcome>;
  /** Gives back whatever was charged for the reference, once, however often it is asked. */
  refund(reference: string, idempotencyKey: string): Promise<RefundOutcome>;
}
