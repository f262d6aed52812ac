import type { ShippingAddress } from '@quickstep/shared/contracts';

export interface Parcel {
  /** The order. */
  readonly reference: string;
  readonly address: ShippingAddress;
}

/** One parcel of an order. */
export interface BookedParcel {
  /** The order. */
  readonly reference: string;
  readonly trackingNumber: string;
}

export type BookingOutcome =
  | { readonly kind: 'booked'; readonly trackingNumber: string }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Who moves the parcels. Both calls answer a repeated idempotency key as they did at first; they reject when the outcome is unknown
 * or the carrier is away, and are then tried again with the same key. The signal aborts when a call is given up: it is to be broken
 * off.
 */
export interface Carrier {
  book(parcel: Parcel, idempotencyKey: string, signal: AbortSignal): Promise<BookingOutcome>;
  /** Calls back this parcel, and no other. */
  recall(parcel: BookedParcel, idempotencyKey: string, signal: AbortSignal): Promise<void>;
}
