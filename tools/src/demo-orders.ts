export interface OrderRequest {
  customerId: string;
  items: { sku: string; quantity: number }[];
  paymentMethod: string;
  shippingAddress: { name: string; line1: string; city: string; postalCode: string; country: string };
  email: string;
}

export interface DemoOrder {
  title: string;
  /** How it must end. */
  ending: 'COMPLETED' | 'CANCELLED';
  request: OrderRequest;
  /** Cancelled by the customer as soon as its stock is reserved. */
  cancel?: true;
}

const address = { name: 'Ada Lovelace', line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' };
const antarctica = { ...address, line1: 'McMurdo Station', city: 'Ross Island', postalCode: '96599', country: 'AQ' };

function order(changes: Partial<OrderRequest>): OrderRequest {
  const items = [{ sku: 'SKU-001', quantity: 2 }];
  return {
    customerId: 'demo',
    items,
    paymentMethod: 'pm_card_ok',
    shippingAddress: address,
    email: 'ada@example.com',
    ...changes,
  };
}

/** One that is shipped, one for each failure, and one that its customer cancels. No deadline passes, and no cancellation comes too late. */
export function demoOrders(leftOfLast: number): DemoOrder[] {
  return [
    { title: 'Paid and shipped', ending: 'COMPLETED', request: order({}) },
    {
      title: 'More than there is in stock',
      ending: 'CANCELLED',
      request: order({ items: [{ sku: 'SKU-100', quantity: leftOfLast + 1 }] }),
    },
    { title: 'Card declined', ending: 'CANCELLED', request: order({ paymentMethod: 'pm_card_declined' }) },
    { title: 'Carrier refuses the shipment', ending: 'CANCELLED', request: order({ shippingAddress: antarctica }) },
    {
      title: 'Cancelled by the customer while the payment gateway is down',
      ending: 'CANCELLED',
      request: order({ paymentMethod: 'pm_gateway_down' }),
      cancel: true,
    },
  ];
}
