import { describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import { InventoryRelease, InventoryReleased, OrderCancelled, OrderCreated, orderStateOf } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { type EventContract, exchangeOf } from '@quickstep/shared/events';
import { happened } from '@quickstep/shared/testing';
import { BATCH_LIMITS } from '../../src/messaging/messages.js';
import {
  BETWEEN_EVENTS,
  decode as decodeMessage,
  type Incoming,
  MAX_BYTES,
  MAX_EVENTS,
} from '../../src/pipeline/stages/decode.js';

const contracts = new Map<string, EventContract>([OrderCreated, InventoryReleased].map((each) => [each.type, each]));
const order = sampleOrder();
const created = happened(OrderCreated(order));
const another = happened(OrderCreated(sampleOrder()));
const released = happened(InventoryReleased({ orderId: order.orderId, reason: 'Payment declined' }));
const cancelled = happened(OrderCancelled({ ...orderStateOf(order), reason: 'x' }));

/** As the first event in it would have come, if there is one. */
const decode = (body: Buffer | string, batched: boolean, known = contracts) => {
  const routingKey = ['order.created', 'inventory.released'].find((type) => body.includes(type)) ?? 'order.created';
  return decodeMessage({ body, batched, exchange: exchangeOf(routingKey), routingKey }, known);
};

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const reasons = (decoded: ReturnType<typeof decode>) => decoded.map((each) => (each.ok ? 'ok' : each.error.message));

describe('a message with one event', () => {
  test('is that event, with the text that it came as', () => {
    const body = `  ${JSON.stringify(created, null, 2)}\n`;
    expect(decode(Buffer.from(body), false, contracts)).toEqual([{ ok: true, event: created, body }]);
    expect(decode(body, false, contracts)).toEqual([{ ok: true, event: created, body }]);
  });

  test('keeps every character', () => {
    const { shippingAddress } = order;
    const name = 'Åsa 山田 🙂 "\\\u2028';
    const strange = happened(OrderCreated({ ...order, shippingAddress: { ...shippingAddress, name } }));
    expect(decode(bytes(strange), false, contracts)).toMatchObject([
      { ok: true, event: { data: { shippingAddress: { name } } } },
    ]);
  });

  test.each([
    ['', 'The message is not JSON'],
    ['{"type":', 'The message is not JSON'],
    ['null', 'No step of this service consumes "no type"'],
    ['[]', 'No step of this service consumes "no type"'],
    ['{"type":"order.unheard_of"}', 'No step of this service consumes "order.unheard_of"'],
    ['{"type":"constructor"}', 'No step of this service consumes "constructor"'],
    ['{"type":"Ada Lovelace"}', 'No step of this service consumes'],
    [JSON.stringify(cancelled), 'No step of this service consumes "order.cancelled"'],
    [JSON.stringify({ ...released, data: {} }), 'inventory.released breaks its contract: /data/orderId is missing'],
    [JSON.stringify({ ...released, specversion: '0.3' }), 'inventory.released breaks its contract: /specversion'],
  ])('%s is permanently wrong', (body, reason) => {
    const [decoded, ...others] = decode(Buffer.from(body), false, contracts);
    expect(others).toEqual([]);
    expect(decoded).toMatchObject({ ok: false, error: expect.any(Permanent) });
    expect(reasons([decoded ?? { ok: true, event: created, body }])[0]).toContain(reason);
  });

  test('that cannot be read is not quoted: it may hold personal data', () => {
    const [reason] = reasons(decode(Buffer.from('{"email": "ada@example.com" nonsense'), false, contracts));
    expect(reason).toBe('The message is not JSON');
  });

  test('does not repeat what it cannot read at any length', () => {
    const [reason = ''] = reasons(decode(bytes({ type: 'x'.repeat(10_000) }), false, contracts));
    expect(reason.length).toBeLessThan(200);
  });
});

describe('a message with several events', () => {
  test('is each of them, in order', () => {
    const decoded = decode(bytes([created, another]), true, contracts);
    expect(decoded).toMatchObject([
      { ok: true, event: created },
      { ok: true, event: another },
    ]);
    expect(decoded.map(({ body }) => JSON.parse(body.toString()))).toEqual([created, another]);
  });

  test('leaves each event its own text, to the byte', () => {
    const bodies = [JSON.stringify(created), JSON.stringify(another, null, 1).replaceAll('\n', ' ')];
    const decoded = decode(`[${bodies.join(BETWEEN_EVENTS)}]`, true, contracts);
    expect(decoded.map(({ body }) => body)).toEqual(bodies);
  });

  test.each([
    ['on one line', JSON.stringify([created, another])],
    ['indented', JSON.stringify([created, another], null, 2)],
    ['with an event a line', `[\n${[created, another].map((event) => JSON.stringify(event)).join(',\n')}\n]`],
    ['with space around', ` \n${JSON.stringify([created, another], null, '\t')} `],
  ])('may be written as others like: %s', (_how, body) => {
    expect(decode(body, true, contracts)).toMatchObject([
      { ok: true, event: created },
      { ok: true, event: another },
    ]);
  });

  test('is not spoilt by one that is wrong', () => {
    expect(reasons(decode(bytes([created, { type: 'nonsense' }, 42, another]), true, contracts))).toEqual([
      'ok',
      'No step of this service consumes "nonsense"',
      'No step of this service consumes "no type"',
      'ok',
    ]);
  });

  test.each(['{}', '[]', '"text"', JSON.stringify(created)])('must be an array with events in it (%s)', (body) => {
    expect(decode(Buffer.from(body), true, contracts)).toMatchObject([{ ok: false, error: expect.any(Permanent) }]);
  });
});

describe('a message that is too large', () => {
  const empty = (count: number, between: string) => `[${Array.from({ length: count }, () => '{}').join(between)}]`;
  const tooMany = `The message carries more than ${MAX_EVENTS} events`;

  test.each([
    ['with line breaks between them', BETWEEN_EVENTS],
    ['without', ','],
  ])('has too many events, %s: it is one failure, not one for each', (_how, between) => {
    const body = empty(200_000, between);
    const decoded = decode(body, true, contracts);
    expect(decoded.map(({ body }) => body)).toEqual([body]);
    expect(reasons(decoded)).toEqual([tooMany]);
  });

  test('is not one with as many events as are allowed', () => {
    expect(decode(empty(MAX_EVENTS, BETWEEN_EVENTS), true, contracts)).toHaveLength(MAX_EVENTS);
    expect(decode(empty(MAX_EVENTS, ','), true, contracts)).toHaveLength(MAX_EVENTS);
    expect(reasons(decode(empty(MAX_EVENTS + 1, BETWEEN_EVENTS), true, contracts))).toEqual([tooMany]);
  });

  test.each([true, false])('has too many bytes; what it says is not even read (batched: %s)', (batched) => {
    const body = Buffer.alloc(MAX_BYTES + 1, ' ');
    body.write(JSON.stringify(created));
    const decoded = decode(body, batched, contracts);
    expect(decoded.map((each) => each.body === body)).toEqual([true]);
    expect(reasons(decoded)).toEqual([`The message has more than ${MAX_BYTES} bytes`]);
  });

  test('is far from the largest that a publisher of ours makes', () => {
    expect(MAX_EVENTS).toBeGreaterThan(BATCH_LIMITS.events);
    // A character of JSON text has three bytes at most.
    expect(MAX_BYTES).toBeGreaterThan(3 * BATCH_LIMITS.size);
  });
});

describe('a forged event', () => {
  const release = happened(InventoryRelease({ orderId: order.orderId, items: order.items, reason: 'Payment declined' }));
  const known = new Map<string, EventContract>([OrderCreated, InventoryRelease].map((each) => [each.type, each]));
  const came = { exchange: 'inventory.events', routingKey: 'inventory.release' };
  const decoded = (event: object, how: Partial<Incoming> = {}) =>
    decodeMessage({ body: JSON.stringify(event), batched: false, ...came, ...how }, known);

  test('is none when its emitter is declared, and it came as such an event comes', () => {
    expect(decoded(release)).toMatchObject([{ ok: true }]);
    expect(decoded(release, { userId: 'payment-service' })).toMatchObject([{ ok: true }]);
  });

  test.each<[string, object, Partial<Incoming>, string]>([
    [
      'another key',
      release,
      { routingKey: 'inventory.reserved' },
      'inventory.release came under routing key "inventory.reserved"',
    ],
    ['another exchange', release, { exchange: 'order.events' }, 'inventory.release came through exchange "order.events"'],
    [
      'no exchange at all',
      release,
      { exchange: '', routingKey: 'inventory-service' },
      'inventory.release came under routing key "inventory-service"',
    ],
    ['a stranger', { ...release, source: '/inventory-service' }, {}, '"/inventory-service" does not emit inventory.release'],
    ['no path', { ...release, source: 'payment-service' }, {}, '"payment-service" does not emit inventory.release'],
    ['other subject', { ...release, subject: 'x' }, {}, 'the subject of inventory.release must be its orderId'],
    ['other account', release, { userId: 'order-service' }, 'account "order-service" published for "/payment-service"'],
  ])('is told by what does not fit: %s', (_what, event, how, reason) => {
    expect(decoded(event, how)).toMatchObject([{ ok: false, errorClass: 'forged', body: JSON.stringify(event) }]);
    expect(reasons(decoded(event, how))).toEqual([`Forged: ${reason}`]);
  });

  test('does not bring what it says into the reason: it may hold personal data', () => {
    const how = { routingKey: 'Ada Lovelace', exchange: 'a'.repeat(200) };
    expect(reasons(decoded(release, how))).toEqual(['Forged: inventory.release came under routing key "..."']);
    expect(reasons(decoded({ ...release, source: '/Ada Lovelace' }))).toEqual(['Forged: "..." does not emit inventory.release']);
  });

  test('among good ones of its message is refused alone', () => {
    const body = `[${[release, { ...release, source: '/x' }, created].map((each) => JSON.stringify(each)).join(BETWEEN_EVENTS)}]`;
    expect(decodeMessage({ body, batched: true, ...came }, known)).toMatchObject([
      { ok: true },
      { ok: false, errorClass: 'forged' },
      { ok: false, errorClass: 'forged' },
    ]);
  });

  test('is told apart from one that cannot be read', () => {
    expect(decoded({ ...release, data: {} })).toMatchObject([{ ok: false, errorClass: 'wrong-schema' }]);
    expect(decoded({ type: 'order.unheard_of' })).toMatchObject([{ ok: false, errorClass: 'unknown-type' }]);
  });
});
