import { sampleCatalogue } from '../catalogue.js';
import type { Random } from './random.js';

/** What becomes of an order if nothing goes wrong; a customer who cancels may come too late. */
export type Expected = 'COMPLETED' | 'CANCELLED' | 'either';

export interface PlannedOrder {
  readonly body: object;
  readonly expected: Expected;
  /** The customer cancels so many milliseconds after the order was taken. */
  readonly cancelAfter: number | undefined;
}

/** Percent of all orders. */
const DECLINED = 8;
const REFUSED = 5;
const FLAKY = 5;
const CANCELLED = 4;
/** The last item of the catalogue is nearly sold out. */
const ITEMS = sampleCatalogue.length - 1;
const CANCEL_WITHIN_MS = 600;

/** The next order of a seed: most are paid and shipped, of the others some of each kind. */
export function nextOrder(random: Random, number: number): PlannedOrder {
  const kind = random.below(100);
  const declined = kind < DECLINED;
  const refused = !declined && kind < DECLINED + REFUSED;
  const flaky = !declined && !refused && kind < DECLINED + REFUSED + FLAKY;
  const cancelled = kind >= 100 - CANCELLED;
  const body = {
    customerId: `customer-${number}`,
    email: `customer-${number}@example.com`,
    items: Array.from({ length: random.between(1, 3) }, (_, line) => ({
      sku: sampleCatalogue[(random.below(ITEMS - 3) + line) % ITEMS]?.sku,
      quantity: random.between(1, 3),
    })).filter(({ sku }, index, all) => all.findIndex((each) => each.sku === sku) === index),
    paymentMethod: declined ? 'pm_card_declined' : flaky ? 'pm_card_flaky' : 'pm_card_ok',
    shippingAddress: {
      name: 'Ada Lovelace',
      line1: '12 St James Square',
      city: 'London',
      postalCode: 'SW1Y 4JH',
      country: refused ? 'AQ' : 'GB',
    },
  };
  const expected = cancelled ? 'either' : declined || refused ? 'CANCELLED' : 'COMPLETED';
  return { body, expected, cancelAfter: cancelled ? random.below(CANCEL_WITHIN_MS) : undefined };
}
