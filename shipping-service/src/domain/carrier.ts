import type { ShippingAddress } from '@quickstep/shared/contracts';

export interface Parcel {
  /** The order. */
  readonly reference: string;
  readonly address: ShippingAddress;
}

export type BookingOutcome =
  | { readonly kind: 'booked'; readonly trackingNumber: string }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Who moves the parcels. Both calls answer a repeated idempotency key as they did at first; they reject when the outcome is unknown
 * or the carrier is away, and are then tried again with the same key.
 */
export interface Carrier {
  book(parcel: Parcel, idempotencyKey: string): Promise<BookingOutcome>;
  /** Calls back the parcel of the reference, if there is one. */
  recall(reference: string, idempotencyKey: string): Promise<void>;
}
