import { type Static, Type } from '@sinclair/typebox';
import { countries } from './countries.js';

const BAD = '\\u0000-\\u001f\\u007f\\ud800-\\udfff';
/** `\\s` without control characters (https://tc39.es/ecma262/#prod-WhiteSpace). */
const BLANK = ' \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';

/**
 * Fields that several contracts share. Every text is bounded and free of control characters and lone surrogates (PostgreSQL refuses
 * U+0000 in text, and either in JSON), and something in it can be seen.
 *
 * Patterns must take time in proportion to the text: here no two parts that follow each other can take the same character.
 */
const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: `^[${BLANK}]*[^\\s${BAD}][^${BAD}]*$`, description });

/** A UUID as text. Limits stand beside every pattern and format: they are checked first. */
const uuid = (description: string) => Type.String({ format: 'uuid', maxLength: 36, description });

/** The largest amount and quantity: an order's total stays far below 2^53, where integers stop being exact in JSON. */
const MAX_UNIT_PRICE = 1_000_000_000;
const MAX_QUANTITY = 10_000;

export const OrderId = uuid('Order id (UUID)');
export const NotificationId = uuid('Notification id (UUID)');
export const CustomerId = text(64, "The shop's own id of the customer");
export const Email = Type.String({ format: 'email', maxLength: 254 });
export const Sku = Type.String({ maxLength: 32, pattern: '^[A-Z0-9][A-Z0-9-]{0,31}$', description: 'Stock keeping unit' });
export const ItemName = text(200, 'Name of the catalogue item');
export const Quantity = Type.Integer({ minimum: 1, maximum: MAX_QUANTITY });
export const UnitPrice = Type.Integer({ minimum: 0, maximum: MAX_UNIT_PRICE, description: 'Integer minor units' });
export const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Integer minor units' });
export const Currency = Type.String({ maxLength: 3, pattern: '^[A-Z]{3}$', description: 'ISO 4217' });
export const PaymentMethod = Type.String({
  maxLength: 63,
  pattern: '^pm_[a-z0-9_]{1,60}$',
  description: 'Token of a payment method, never card data',
});
/** What somebody else calls a thing of theirs. */
export const ChargeId = text(256, "The payment gateway's id of the charge");
export const TrackingNumber = text(256, "The carrier's number of the parcel");
/** A word of ours. */
export const Word = Type.String({ maxLength: 64, pattern: '^[A-Za-z_-]+$' });
const REASON_LENGTH = 500;
export const Reason = text(REASON_LENGTH, 'Why, for people');

/** Makes a `Reason` of what somebody else said: a provider's words must not park an event. */
export function asReason(said: string): string {
  const clean = said.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
  return [...clean].slice(0, REASON_LENGTH).join('').trim() || 'No reason given';
}

export const ShippingAddress = Type.Object({
  name: text(100, 'Recipient'),
  line1: text(200, 'Street and number'),
  city: text(100, 'City'),
  postalCode: text(20, 'Postal code'),
  country: Type.String({ enum: countries, description: 'ISO 3166-1 alpha-2' }),
});
export type ShippingAddress = Static<typeof ShippingAddress>;

export const OrderLine = Type.Object({ sku: Sku, quantity: Quantity, unitPrice: UnitPrice });
export type OrderLine = Static<typeof OrderLine>;

/** What every event of the chain carries of the order, so that no consumer calls back. */
export const orderState = {
  orderId: OrderId,
  customerId: CustomerId,
  email: Type.Optional(Email),
  items: Type.Array(OrderLine, { minItems: 1, maxItems: 100 }),
  total: Amount,
  currency: Currency,
};
const OrderStateSchema = Type.Object(orderState);
export type OrderState = Static<typeof OrderStateSchema>;

/** The part of a wider event's data that every event of the chain carries. */
export function orderStateOf(data: OrderState): OrderState {
  const { orderId, customerId, email, items, total, currency } = data;
  return { orderId, customerId, ...(email === undefined ? {} : { email }), items, total, currency };
}
