import { describe, expect, test } from '@jest/globals';
import { parkedMessage } from '@quickstep/shared/messaging';
import { received } from './received.js';

const FAILED_AT = '2026-11-24T10:00:00.000Z';
const PARKED_AT = '2026-11-24T11:00:00.000Z';
const written = {
  'x-service': 'payment-service',
  'x-step': 'chargePayment',
  'x-outcome': 'none',
  'x-error-class': 'mismatch',
  'x-reason': 'it was charged twice',
  'x-frame': 'payment-service/src/steps/charge-payment.ts:31',
  'x-stack': 'charge (payment-service/src/steps/charge-payment.ts:31)',
  'x-attempts': 3,
  'x-attempt': 2,
  'x-exchange': 'inventory.events',
  'x-routing-key': 'inventory.reserved',
  'x-user-id': 'inventory-service',
  'x-first-failed-at': FAILED_AT,
  'x-parked-at': PARKED_AT,
  'x-redrive': 'act-1',
};
const properties = {
  ...{ messageId: 'event-1', type: 'inventory.reserved', correlationId: 'order-1', contentType: 'application/cloudevents+json' },
  ...{ appId: 'inventory-service', userId: 'guest' },
};
const parking = { exchange: 'dead-letter', routingKey: 'payment-service' };

/** What the broker writes of one death. */
const death = (reason: string, queue: string, exchange: string, ...keys: unknown[]) => ({
  ...{ reason, queue, exchange, 'routing-keys': keys, count: 1 },
  time: { '!': 'timestamp', value: Date.parse(PARKED_AT) / 1_000 },
});
const expired = (exchange = 'retry') => death('expired', 'retry.500ms', exchange, '500ms.payment-service');

describe('a message that its service parked', () => {
  test('says what the service said', () => {
    const parked = parkedMessage(received(parking, { ...properties, headers: written }));
    expect(parked).toEqual({
      service: 'payment-service',
      step: 'chargePayment',
      outcome: undefined,
      errorClass: 'mismatch',
      reason: 'it was charged twice',
      frame: 'payment-service/src/steps/charge-payment.ts:31',
      stack: 'charge (payment-service/src/steps/charge-payment.ts:31)',
      attempts: 3,
      firstFailedAt: new Date(FAILED_AT),
      parkedAt: new Date(PARKED_AT),
      origin: {
        exchange: 'inventory.events',
        routingKey: 'inventory.reserved',
        userId: 'inventory-service',
        appId: 'inventory-service',
      },
      messageId: 'event-1',
      type: 'inventory.reserved',
      correlationId: 'order-1',
      contentType: 'application/cloudevents+json',
      content: Buffer.from('{}'),
      redrive: 'act-1',
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  test('names the outcome that broke a declaration', () => {
    expect(parkedMessage(received(parking, { headers: { ...written, 'x-outcome': 'charged' } })).outcome).toBe('charged');
  });

  test.each([
    ['nothing', undefined],
    [
      'what is no text, number or time',
      { ...Object.fromEntries(Object.keys(written).map((name) => [name, { a: 1 }])), 'x-death': 7 },
    ],
    [
      'empty texts and a negative count',
      { ...Object.fromEntries(Object.keys(written).map((name) => [name, ''])), 'x-attempts': -1, 'x-attempt': '3' },
    ],
  ])('and of which its headers say %s, is left without', (_what, headers) => {
    expect(parkedMessage(received(parking, { headers }))).toMatchObject({
      ...{ service: 'payment-service', step: undefined, outcome: undefined, errorClass: 'permanent', frame: undefined },
      ...{ reason: 'No reason was given', stack: undefined, attempts: 0, firstFailedAt: undefined, parkedAt: undefined },
      ...{ messageId: undefined, type: '', correlationId: undefined, contentType: undefined, redrive: undefined },
      origin: { exchange: '', routingKey: '', userId: undefined, appId: undefined },
    });
  });

  test('failed first when it was parked, if no earlier moment is known; its type may be the routing key', () => {
    const { 'x-first-failed-at': _, ...headers } = written;
    expect(parkedMessage(received(parking, { headers }))).toMatchObject({
      ...{ firstFailedAt: new Date(PARKED_AT), type: 'inventory.reserved' },
    });
  });

  test('counts no attempts that are a text', () => {
    expect(parkedMessage(received(parking, { headers: { 'x-attempts': '3' } })).attempts).toBe(0);
  });

  test('is that of the service in its headers once an operator has moved it', () => {
    const moved = { exchange: '', routingKey: 'elsewhere' };
    expect(parkedMessage(received(moved, { headers: written })).service).toBe('payment-service');
    expect(parkedMessage(received(moved)).service).toBe('');
  });
});

describe('the fingerprint', () => {
  const fingerprintOf = (headers: object, type = 'inventory.reserved') =>
    parkedMessage(received(parking, { type, headers: { ...written, ...headers } })).fingerprint;

  test('is the same for whatever failed for the same reason at the same place', () => {
    expect(fingerprintOf({ 'x-reason': 'for another order', 'x-attempts': 9, 'x-stack': 'other' })).toBe(fingerprintOf({}));
  });

  test.each([{ 'x-error-class': 'transient' }, { 'x-frame': 'elsewhere.ts:1' }, { 'x-step': 'refundPayment' }])(
    'is another for another %j',
    (other) => {
      expect(fingerprintOf(other)).not.toBe(fingerprintOf({}));
    },
  );

  test('is another for another type, and keeps its parts apart', () => {
    expect(fingerprintOf({}, 'payment.refund')).not.toBe(fingerprintOf({}));
    expect(fingerprintOf({ 'x-frame': 'a', 'x-step': '' })).not.toBe(fingerprintOf({ 'x-frame': '', 'x-step': 'a' }));
  });
});

describe('a message that the broker dead-lettered', () => {
  test('over the delivery limit came from its queue, and what its publisher wrote on it is not believed', () => {
    const deaths = [death('delivery_limit', 'payment-service', 'inventory.events', 'inventory.reserved')];
    expect(parkedMessage(received(parking, { ...properties, headers: { ...written, 'x-death': deaths } }))).toMatchObject({
      ...{ service: 'payment-service', step: undefined, outcome: undefined, frame: undefined, stack: undefined },
      ...{ errorClass: 'delivery-limit', attempts: 1, parkedAt: new Date(PARKED_AT), firstFailedAt: new Date(PARKED_AT) },
      reason: 'The broker delivered it more often than its limit without its being settled: does its consumer crash on it?',
      origin: { exchange: 'inventory.events', routingKey: 'inventory.reserved', userId: 'guest', appId: 'inventory-service' },
    });
  });

  test('over the delivery limit after a wait says what its service said before', () => {
    const deaths = [death('delivery_limit', 'payment-service', 'redeliver', '500ms.payment-service'), expired()];
    expect(parkedMessage(received(parking, { ...properties, headers: { ...written, 'x-death': deaths } }))).toMatchObject({
      ...{ step: 'chargePayment', outcome: undefined, frame: undefined, stack: undefined, errorClass: 'delivery-limit' },
      ...{ attempts: 3, firstFailedAt: new Date(FAILED_AT), parkedAt: new Date(PARKED_AT) },
      reason: expect.stringMatching(/does its consumer crash on it\?; it had failed before: it was charged twice$/),
      origin: { exchange: 'inventory.events', routingKey: 'inventory.reserved', userId: 'inventory-service' },
    });
  });

  test.each([8.64e12 + 1, 2 ** 63, Number.NaN, '1'])('was parked at no known time when it says %s', (value) => {
    const deaths = [{ ...death('delivery_limit', 'payment-service', 'x', 'y'), time: { '!': 'timestamp', value } }];
    expect(parkedMessage(received(parking, { headers: { 'x-death': deaths } }))).toMatchObject({
      ...{ parkedAt: undefined, firstFailedAt: undefined, errorClass: 'delivery-limit' },
    });
  });

  test('because its queue was gone is that of the last word of its key', () => {
    const fields = { exchange: 'redeliver', routingKey: '500ms.payment-service' };
    const elsewhere = { exchange: 'redeliver', routingKey: '500ms.shipping-service' };
    expect(parkedMessage(received(elsewhere, { headers: { 'x-death': [expired()] } })).service).toBe('shipping-service');
    expect(parkedMessage(received(fields, { headers: { ...written, 'x-death': [expired()] } }))).toMatchObject({
      ...{ service: 'payment-service', errorClass: 'queue-gone', attempts: 2 },
      reason:
        'The queue of its service was gone when the broker took it out of retry.500ms (expired); it had failed before: it was charged twice',
    });
  });

  test.each([
    ['delivery_limit', 'shipping-service'],
    ['expired', 'payment-service'],
  ])('and an operator moved is told by its death: %s', (reason, service) => {
    const last = death(reason, 'shipping-service', 'retry', '500ms.payment-service');
    const moved = { exchange: '', routingKey: 'elsewhere' };
    expect(parkedMessage(received(moved, { headers: { 'x-death': [last, expired()] } })).service).toBe(service);
  });

  test('after a wait of which nothing is written leaves out what is not known', () => {
    expect(parkedMessage(received(parking, { headers: { 'x-death': [expired()] } }))).toMatchObject({
      ...{ attempts: 0, reason: expect.stringMatching(/\(expired\)$/), firstFailedAt: new Date(PARKED_AT) },
      origin: { exchange: '', routingKey: '', userId: undefined },
    });
  });

  test.each([
    [[null]],
    [[7]],
    [[{ reason: 1, queue: 2, exchange: 3, 'routing-keys': 'text', time: 'noon' }]],
    [[{ 'routing-keys': [4] }]],
  ])('in a way that nobody understands is read all the same: %j', (deaths) => {
    const parked = parkedMessage(received({ exchange: '' }, { headers: { 'x-death': deaths } }));
    expect(parked).toMatchObject({
      ...{ service: '', errorClass: 'queue-gone', attempts: 0, parkedAt: undefined, firstFailedAt: undefined, type: '' },
      reason: 'The queue of its service was gone when the broker took it out of  ()',
      origin: { exchange: '', routingKey: '', userId: undefined },
    });
  });
});
