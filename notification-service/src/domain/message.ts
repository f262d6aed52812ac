import type { OrderCancelled, OrderCompleted, PaymentRefunded } from '@quickstep/shared/contracts';
import type { EventOf } from '@quickstep/shared/events';

export const templates = ['order-completed', 'order-cancelled', 'payment-refunded'] as const;
export const channels = ['email', 'inbox'] as const;

export interface Message {
  readonly template: (typeof templates)[number];
  /** An email address, or the customer's id when we know no address: the message waits in the shop's inbox for them. */
  readonly recipient: string;
  readonly channel: (typeof channels)[number];
  readonly subject: string;
  readonly body: string;
}

type Told = EventOf<typeof OrderCompleted | typeof OrderCancelled | typeof PaymentRefunded>;

const minorDigits = new Map<string, number>();

/** How many digits a currency's minor unit has (ISO 4217). Asked of `Intl` once: making a formatter costs some 30 us. */
function minorDigitsOf(currency: string): number {
  const known = minorDigits.get(currency);
  if (known !== undefined) return known;
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  minorDigits.set(currency, digits);
  return digits;
}

/** `1999`, `EUR` is `19.99 EUR`. */
export function formatMoney(amount: number, currency: string): string {
  const digits = minorDigitsOf(currency);
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

function textFor(event: Told): Pick<Message, 'template' | 'subject' | 'body'> {
  const { orderId } = event.data;
  switch (event.type) {
    case 'order.completed':
      return {
        template: 'order-completed',
        subject: 'Your order is on its way',
        body: `Order ${orderId} has been shipped. Tracking number: ${event.data.trackingNumber}.`,
      };
    case 'order.cancelled':
      return {
        template: 'order-cancelled',
        subject: 'Your order was cancelled',
        body: `Order ${orderId} was cancelled: ${event.data.reason}.`,
      };
    case 'payment.refunded':
      return {
        template: 'payment-refunded',
        subject: 'Your money is on its way back',
        body: `We have refunded ${formatMoney(event.data.amount, event.data.currency)} for order ${orderId}.`,
      };
  }
}

/** False for a refund of nothing. */
export function isWorthTelling(event: Told): boolean {
  return event.type !== 'payment.refunded' || event.data.amount > 0;
}

/** What the customer is to be told of an event. */
export function messageFor(event: Told): Message {
  const { email, customerId } = event.data;
  return { ...textFor(event), recipient: email ?? customerId, channel: email === undefined ? 'inbox' : 'email' };
}
