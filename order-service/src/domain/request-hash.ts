import { createHash } from 'node:crypto';
import type { PlaceOrder } from '@quickstep/shared/contracts';
import type { CommandData } from '@quickstep/shared/events';

/** A fingerprint of what a request asks for, whatever the order of its properties. */
export function requestHash(request: CommandData<typeof PlaceOrder>): string {
  const { customerId, items, paymentMethod, shippingAddress: to, email } = request;
  const lines = items.map(({ sku, quantity }) => [sku, quantity]);
  const address = [to.name, to.line1, to.city, to.postalCode, to.country];
  return createHash('sha256')
    .update(JSON.stringify([customerId, lines, paymentMethod, address, email]))
    .digest('base64url');
}
