import { v7 } from 'uuid';
import type { EventOf } from '../events/index.js';
import type { OrderCreated } from './orders.js';

export type OrderPlaced = EventOf<typeof OrderCreated>['data'];

/** What `order.created` says of an ordinary order: two of SKU-1 at 10.00 EUR and one of SKU-2 at 5.00 EUR. */
export function sampleOrder(changes: Partial<OrderPlaced> = {}): OrderPlaced {
  return {
    orderId: v7(),
    customerId: 'customer-1',
    email: 'ada@example.com',
    items: [
      { sku: 'SKU-1', quantity: 2, unitPrice: 1_000 },
      { sku: 'SKU-2', quantity: 1, unitPrice: 500 },
    ],
    total: 2_500,
    currency: 'EUR',
    paymentMethod: 'pm_card_ok',
    shippingAddress: { name: 'Ada Lovelace', line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
    ...changes,
  };
}
