import { type Static, Type } from '@sinclair/typebox';
import { countries } from './countries.js';

const BAD = '\\u0000-\\u001f\\u007f\\ud800-\\udfff';

/**
 * Fields that several contracts share. Every text is bounded and free of control characters and lone surrogates: PostgreSQL refuses
 * U+0000 in text, and either in JSON.
 */
const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: `^[^${BAD}]*[^\\s${BAD}][^${BAD}]*$`, description });

/** The largest amount and quantity: an order's total stays far below 2^53, where integers stop being exact in JSON. */
const MAX_UNIT_PRICE = 1_000_000_000;
const MAX_QUANTITY = 10_000;

export const OrderId = Type.String({ format: 'uuid', description: 'Order id (UUID)' });
export const CustomerId = text(64, "The shop's own id of the customer");
export const Email = Type.String({ format: 'email', maxLength: 254 });
export const Sku = Type.String({ pattern: '^[A-Z0-9][A-Z0-9-]{0,31}$', description: 'Stock keeping unit' });
export const ItemName = text(200, 'Name of the catalogue item');
export const Quantity = Type.Integer({ minimum: 1, maximum: MAX_QUANTITY });
export const UnitPrice = Type.Integer({ minimum: 0, maximum: MAX_UNIT_PRICE, description: 'Integer minor units' });
export const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Integer minor units' });
export const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' });
export const PaymentMethod = Type.String({
  pattern: '^pm_[a-z0-9_]{1,60}$',
  description: 'Token of a payment method, never card data',
});
const REASON_LENGTH = 500;
export const Reason = text(REASON_LENGTH, 'Why, for people');

/** Makes a `Reason` of what somebody else said: a provider's words must not park an event. */
export function asReason(said: string): string {
  const clean = said.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
  return [...clean].slice(0, REASON_LENGTH).join('').trim() || 'No reason given';
}

export const ShippingAddress = Type.Object(
  {
    name: text(100, 'Recipient'),
    line1: text(200, 'Street and number'),
    city: text(100, 'City'),
    postalCode: text(20, 'Postal code'),
    country: Type.String({ enum: countries, description: 'ISO 3166-1 alpha-2' }),
  },
  { additionalProperties: false },
);
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
