import { createHash } from 'node:crypto';
import type { Ledger } from '@quickstep/simulated-providers';
import type { BookedParcel, BookingOutcome, Carrier, Parcel } from '../domain/carrier.js';

/** What the carrier remembers having answered. */
export type CarrierAnswer = BookingOutcome | { readonly kind: 'recalled'; readonly trackingNumber: string };

const UNSERVED_COUNTRY = 'AQ';

/** A carrier for development and tests that keeps its own record, also across restarts. It refuses Antarctica and serves all else. */
class SimulatedCarrier implements Carrier {
  readonly #ledger: Ledger<CarrierAnswer>;

  constructor(ledger: Ledger<CarrierAnswer>) {
    this.#ledger = ledger;
  }

  async book({ reference, address }: Parcel, idempotencyKey: string): Promise<BookingOutcome> {
    const answer: BookingOutcome =
      address.country === UNSERVED_COUNTRY
        ? { kind: 'refused', reason: `no service to ${address.country}` }
        : { kind: 'booked', trackingNumber: trackingNumberOf(idempotencyKey) };
    const first = await this.#ledger.answerOnce(idempotencyKey, reference, 'booking', answer);
    if (first.kind === 'recalled') throw new Error('The idempotency key of a booking was used for a recall');
    return first;
  }

  async recall({ reference, trackingNumber }: BookedParcel, idempotencyKey: string): Promise<void> {
    await this.#ledger.answerOnce(idempotencyKey, reference, 'recall', { kind: 'recalled', trackingNumber });
  }
}

export const carrierOver = (ledger: Ledger<CarrierAnswer>): Carrier => new SimulatedCarrier(ledger);

function trackingNumberOf(idempotencyKey: string): string {
  return `QS${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 14).toUpperCase()}`;
}
