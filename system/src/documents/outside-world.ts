import type { Adapters } from '../outside.js';

type Gateway = Adapters['gateway'];
type Carrier = Adapters['carrier'];

function gateway(): Gateway {
  const charged = new Map<string, number>();
  return {
    async charge({ reference, amount, paymentMethod }) {
      if (paymentMethod === 'pm_card_declined') return { kind: 'declined', reason: 'insufficient funds' };
      charged.set(reference, amount);
      return { kind: 'charged', chargeId: 'charge-1' };
    },
    async refund(reference) {
      const amount = charged.get(reference);
      if (amount === undefined) return { kind: 'nothing-charged' };
      return { kind: 'refunded', refundId: 'refund-1', chargeId: 'charge-1', amount };
    },
    reverse: async () => 'reversal-1',
  };
}

const carrier: Carrier = {
  book: async ({ address }) =>
    address.country === 'AQ' ? { kind: 'refused', reason: 'no service to AQ' } : { kind: 'booked', trackingNumber: 'PARCEL-1' },
  recall: async () => undefined,
};

/** An outside world for one order. */
export const outsideWorld = (): Adapters => ({ gateway: gateway(), carrier, mailer: { send: async () => ({ kind: 'sent' }) } });
