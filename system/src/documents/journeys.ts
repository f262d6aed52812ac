import type { ServiceName } from '../services.js';

/** A delivery that is held up until nothing else is on its way. */
interface HeldUp {
  readonly type: string;
  readonly by: ServiceName;
}

/** One way an order can go: what is ordered, and what comes in between. The real steps decide the rest. */
export interface Journey {
  /** Names its files. */
  readonly slug: string;
  readonly title: string;
  /** What makes it go this way, for people. */
  readonly because: string;
  /** The event in which it ends. */
  readonly ending: string;
  readonly quantity?: number;
  readonly paymentMethod?: string;
  readonly country?: string;
  /** What happens as soon as an event of this type has been published. */
  readonly interruption?: { readonly after: string; readonly by: 'customer' | 'deadline' };
  readonly heldUp?: HeldUp;
}

/** In stock for each of them. */
export const STOCK = 2;

/** The first is the one that everybody hopes for: its events are the way forward. */
export const journeys: readonly [Journey, ...Journey[]] = [
  {
    slug: 'shipped',
    title: 'Reserved, paid and shipped',
    because: 'Nothing goes wrong.',
    ending: 'order.completed',
  },
  {
    slug: 'out-of-stock',
    title: 'Not enough stock',
    because: 'More is ordered than there is. Nothing was set aside, so there is nothing to undo.',
    ending: 'order.cancelled',
    quantity: STOCK + 1,
  },
  {
    slug: 'declined',
    title: 'The card is declined',
    because: 'The payment gateway refuses the charge. The stock is put back.',
    ending: 'order.cancelled',
    paymentMethod: 'pm_card_declined',
  },
  {
    slug: 'refused',
    title: 'The carrier refuses',
    because: 'The carrier does not go to the address. The money goes back, then the stock.',
    ending: 'order.cancelled',
    country: 'AQ',
  },
  {
    slug: 'cancelled',
    title: 'The customer cancels; a late booking is recalled',
    because: 'The customer cancels while the shipment is about to be booked. The booking, which comes late, is called back.',
    ending: 'order.cancelled',
    interruption: { after: 'payment.completed', by: 'customer' },
    heldUp: { type: 'payment.completed', by: 'shipping' },
  },
  {
    slug: 'expired',
    title: 'The deadline passes; a late charge is given back',
    because: 'Payment hangs until the order is overdue. The charge, which comes late, goes straight back.',
    ending: 'order.cancelled',
    interruption: { after: 'inventory.reserved', by: 'deadline' },
    heldUp: { type: 'inventory.reserved', by: 'payment' },
  },
  {
    slug: 'too-late',
    title: 'The customer cancels too late',
    because: 'The parcel is gone before order knows. Shipping rejects the cancellation and repeats that it has shipped.',
    ending: 'order.completed',
    interruption: { after: 'shipping.shipped', by: 'customer' },
    heldUp: { type: 'shipping.shipped', by: 'order' },
  },
];
