import { randomUUID } from 'node:crypto';
import type { Target } from './protocol.js';

/** Of a hundred orders ten are declined by the gateway and five are refused by the carrier; one has one, two or three lines. */
export const declinedPercent = 10;
export const refusedPercent = 5;

const different = 1_000;
/** Shares no factor with 100: neighbours differ in everything, and every hundred orders contain each case as often. */
const stride = 37;
/** The last item of the sample catalogue is nearly sold out. */
const items = 99;

export type BuildRequest = (index: number) => Buffer;

/** Bytes of `POST /orders`, built once: the generator shares the machine with what it measures. */
export function requestBuilder(target: Target, idempotencyKeys: boolean): BuildRequest {
  const bodies = Array.from({ length: different }, (_, index) => JSON.stringify(orderOf(index)));
  const head = (body: string, more = '') =>
    `POST /orders HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;
  const bodyAt = (index: number) => bodies[index % different] ?? '';
  if (idempotencyKeys) return (index) => Buffer.from(head(bodyAt(index), `Idempotency-Key: ${randomUUID()}\r\n`));
  const requests = bodies.map((body) => Buffer.from(head(body)));
  return (index) => requests[index % different] ?? Buffer.from(head(bodyAt(index)));
}

function orderOf(index: number) {
  const position = (index * stride) % 100;
  return {
    customerId: `customer-${index}`,
    items: linesOf(index),
    paymentMethod: position < declinedPercent ? 'pm_card_declined' : 'pm_card_ok',
    shippingAddress: {
      name: 'Ada Lovelace',
      line1: '12 St James Square',
      city: 'London',
      postalCode: 'SW1Y 4JH',
      country: position >= declinedPercent && position < declinedPercent + refusedPercent ? 'AQ' : 'GB',
    },
    email: `customer-${index}@example.com`,
  };
}

/** Six of ten orders have one line, three have two, one has three. */
function linesOf(index: number) {
  const digit = (index * 7) % 10;
  const lines = digit < 6 ? 1 : digit < 9 ? 2 : 3;
  return Array.from({ length: lines }, (_, line) => {
    const item = ((index * stride + line * 31) % items) + 1;
    return { sku: `SKU-${String(item).padStart(3, '0')}`, quantity: 1 + (index % 2) };
  });
}
