import { describe, expect, test } from '@jest/globals';
import { topologyOf } from '@quickstep/shared/choreography';
import { MAX_BYTES } from '@quickstep/shared/pipeline';
import type { ConsumeMessage } from 'amqplib';
import { parkedCopy, retryCopy } from '../../src/messaging/copies.js';
import { deliveryOf } from '../../src/messaging/delivery.js';
import type { Message } from '../../src/messaging/messages.js';
import { originOf, timeIn } from '../../src/messaging/origin.js';
import { failing, service, topology } from './harness.js';
import { received } from './received.js';

const came = { exchange: 'order.events', routingKey: 'order.created' };
const properties = {
  ...{ messageId: 'event-1', type: 'order.created', correlationId: 'saga-1', contentType: 'application/cloudevents+json' },
  ...{ appId: 'order-service', timestamp: 1_000 },
};
const FAILED_AT = '2026-11-24T10:00:00Z';
const originalOf = (message: ConsumeMessage) => ({ message, origin: originOf(message) });
const retried = (message: ConsumeMessage, body: Buffer | string = '{}', delay = 0) =>
  retryCopy(originalOf(message), body, failing('not now', { step: 'cook', frame: 'a.ts:1' }), topology, { delay, attempt: 4 });

describe('a copy for another attempt', () => {
  test('has the properties of its original, and says why and how often it failed', () => {
    const { content, ...copy } = retried(received(came, { ...properties, headers: { 'x-death': [], other: 1 } }));
    expect(content.toString()).toBe('{}');
    expect(copy).toEqual({
      exchange: 'retry',
      routingKey: '50ms.stock-service',
      options: {
        ...properties,
        persistent: true,
        mandatory: true,
        headers: {
          ...{ 'x-exchange': 'order.events', 'x-routing-key': 'order.created', 'x-attempt': 4, 'x-reason': 'not now' },
          ...{ 'x-step': 'cook', 'x-error-class': 'transient', 'x-frame': 'a.ts:1', 'x-first-failed-at': expect.any(String) },
        },
      },
    });
    expect(timeIn(copy.options.headers?.['x-first-failed-at'])).toBeDefined();
  });

  test.each([
    [0, '50ms'],
    [50, '50ms'],
    [51, '100ms'],
    [100, '100ms'],
    [101, '100ms'],
  ])('waits %i ms or longer, where it can', (delay, name) => {
    expect(retried(received(came), '{}', delay).routingKey).toBe(`${name}.stock-service`);
    const turned = { ...topology, retryQueues: topology.retryQueues.toReversed() };
    const wait = { delay, attempt: 1 };
    expect(retryCopy(originalOf(received(came)), '{}', failing('x'), turned, wait).routingKey).toBe(`${name}.stock-service`);
  });

  test('waits longest where no delay is long enough', () => {
    const three = topologyOf(service, [50, 100, 200]);
    const wait = { delay: 1_000, attempt: 1 };
    expect(retryCopy(originalOf(received(came)), '{}', failing('x'), three, wait).routingKey).toBe('200ms.stock-service');
  });

  test('cannot be made without a queue to wait in', () => {
    const none = { ...topology, retryQueues: [] };
    const make = () => retryCopy(originalOf(received(came)), '{}', failing('x'), none, { delay: 0, attempt: 1 });
    expect(make).toThrow(new RangeError('There are no wait queues: give topologyOf at least one retry delay'));
  });

  test('keeps when it failed first, who published it, and by which act it was sent again', () => {
    const headers = { 'x-first-failed-at': FAILED_AT, 'x-user-id': 'order-service', 'x-redrive': 'act-1' };
    const { options } = retried(received({ exchange: 'redeliver', routingKey: 'redrive.stock-service' }, { headers }));
    expect(options.headers).toMatchObject(headers);
    const without = retried(received(came, { headers: { 'x-redrive': 7 } })).options.headers;
    expect(Object.keys(without ?? {}).filter((name) => name in headers)).toEqual(['x-first-failed-at']);
  });

  test.each([-1, 1.5, '7'])('leaves out a timestamp or a count that is none: %j', (wrong) => {
    const headers = { 'x-count': wrong };
    const { options } = retried(received(came, { ...properties, timestamp: wrong, headers }));
    expect(options).not.toHaveProperty('timestamp');
    expect(options.headers).not.toHaveProperty('x-count');
  });

  test('keeps the count of a message that is copied whole, and shortens what AMQP has no room for', () => {
    const long = 'x'.repeat(300);
    const headers = { 'x-count': 0 };
    const { options } = retried(received(came, { ...properties, timestamp: 0, correlationId: long, headers }), Buffer.from('[]'));
    expect(options).toMatchObject({ timestamp: 0, correlationId: 'x'.repeat(85), headers: { 'x-count': 0 } });
  });
});

describe('a copy of one event out of a batched message', () => {
  const batched = { ...properties, contentType: 'application/cloudevents-batch+json', headers: { 'x-count': 2 } };

  test('has the properties of the event, and those of the message that hold for it too', () => {
    const body = JSON.stringify({ id: 'event-2', type: 'order.created', correlationid: 'saga-2' });
    const { options } = retried(received(came, batched), body);
    expect(options).toMatchObject({
      ...{ messageId: 'event-2', type: 'order.created', correlationId: 'saga-2', contentType: 'application/cloudevents+json' },
      ...{ appId: 'order-service', timestamp: 1_000 },
    });
    expect(options.headers).not.toHaveProperty('x-count');
  });

  test.each(['null', '7', '{"id":7}'])('that is no event has none of its own: %s', (body) => {
    const { options } = retried(received(came, batched), body);
    expect(options).not.toHaveProperty('messageId');
    expect(options).not.toHaveProperty('type');
  });

  test('but the whole message, as bytes, stays one', () => {
    const { options } = retried(received(came, batched), Buffer.from('[]'));
    expect(options).toMatchObject({ ...batched, headers: { 'x-count': 2 } });
  });
});

describe('a parked copy', () => {
  const park = (message: ConsumeMessage, of: Parameters<typeof failing>[1] = {}) =>
    parkedCopy(originalOf(message), '{}', failing('never', of), topology).options.headers;

  test('says all that an operator needs', () => {
    const headers = { 'x-attempt': 2, 'x-first-failed-at': FAILED_AT };
    const message = received({ exchange: 'redeliver', routingKey: '50ms.stock-service' }, { headers });
    const copy = parkedCopy(originalOf(message), '{}', failing('never', { outcome: 'odd', stack: 'f (a.ts:1)' }), topology);
    expect(copy).toMatchObject({ exchange: 'dead-letter', routingKey: 'stock-service' });
    expect(copy.options.headers).toEqual({
      ...{ 'x-exchange': '', 'x-routing-key': '', 'x-reason': 'never', 'x-error-class': 'transient', 'x-outcome': 'odd' },
      ...{ 'x-first-failed-at': FAILED_AT, 'x-stack': 'f (a.ts:1)', 'x-service': 'stock-service', 'x-attempts': 3 },
      'x-parked-at': expect.any(String),
    });
  });

  test('of what failed at its first attempt failed first when it was parked, with no outcome and no stack', () => {
    const headers = park(received(came));
    expect(headers).toMatchObject({ 'x-outcome': 'none', 'x-attempts': 1 });
    expect(headers?.['x-first-failed-at']).toBe(headers?.['x-parked-at']);
    expect(headers).not.toHaveProperty('x-stack');
  });

  test.each([
    [500, 500, 'x'],
    [501, 500, '…'],
  ])('cuts a reason of %i characters to %i', (length, kept, end) => {
    const { headers } = parkedCopy(originalOf(received(came)), '{}', failing('x'.repeat(length)), topology).options;
    expect(headers?.['x-reason']).toHaveLength(kept);
    expect(headers?.['x-reason'].at(-1)).toBe(end);
  });

  test('keeps more of a stack than of a reason', () => {
    expect(park(received(came), { stack: 'x'.repeat(3_000) })?.['x-stack']).toHaveLength(2_000);
  });
});

describe('a delivery', () => {
  function delivered(message: ConsumeMessage, redact?: (text: string) => string) {
    const copies: Message[] = [];
    const publishCopy = async (copy: Message) => void copies.push(copy);
    const settling = { ack: () => undefined, requeue: () => undefined };
    const copying = { topology, copies: { publishCopy }, ...(redact === undefined ? {} : { redact }) };
    return { copies, delivery: deliveryOf(message, copying, settling) };
  }

  test('is batched by its content type, and came as its origin says', () => {
    const { delivery } = delivered(
      received(came, { contentType: 'application/cloudevents-batch+json', userId: 'order-service' }, '[]'),
    );
    expect(delivery).toMatchObject({ body: '[]', batched: true, ...came, userId: 'order-service', attempt: 0 });
    expect(delivered(received(came, properties)).delivery.batched).toBe(false);
  });

  test.each(['retry', 'park'] as const)('is copied (%s) without what nobody is to read', async (how) => {
    const { copies, delivery } = delivered(received(came), (text) => text.replace('Ada', '...'));
    const failure = failing('Ada is away');
    await (how === 'retry' ? delivery.retry('{}', failure, { delay: 0, attempt: 1 }) : delivery.park('{}', failure));
    expect(copies).toMatchObject([{ options: { headers: { 'x-reason': '... is away' } } }]);
  });

  test('is copied whole as the very bytes that came, and in part as text', async () => {
    const bytes = Buffer.from([0xff, 0xfe]);
    const { copies, delivery } = delivered({ ...received(came), content: bytes });
    await delivery.park(delivery.body, failing('no JSON'));
    await delivery.retry('{"a":1}', failing('x'), { delay: 0, attempt: 1 });
    expect(copies.map(({ content }) => content)).toEqual([bytes, Buffer.from('{"a":1}')]);
  });

  test('is made no text when it is too large to be read, and is copied as it came', async () => {
    const message = { ...received(came), content: Buffer.alloc(MAX_BYTES, 'é') };
    expect(delivered(message).delivery.body).toBe(message.content.toString());
    const tooLarge = { ...received(came), content: Buffer.alloc(MAX_BYTES + 1, 'x') };
    const { copies, delivery } = delivered(tooLarge);
    expect(delivery.body).toBe(tooLarge.content);
    await delivery.park(delivery.body, failing('too large'));
    expect(copies[0]?.content).toBe(tooLarge.content);
  });

  test('is copied with its reason as it is when nothing is to be taken out', async () => {
    const { copies, delivery } = delivered(received(came));
    await delivery.park('{}', failing('Ada is away'));
    expect(copies).toMatchObject([{ options: { headers: { 'x-reason': 'Ada is away' } } }]);
  });
});

test.each([
  ['2026-11-24T10:00:00Z', true],
  ['2026-11-24T10:00:00.123456789Z', true],
  ['2026-11-24T10:00:00.1234567890Z', false],
  ['2026-11-24T10:00:00.Z', false],
  ['2026-11-24T10:00:00+01:00', false],
  ['2026-13-24T10:00:00Z', false],
  ['2026-11-24', false],
  ['x2026-11-24T10:00:00Z', false],
  ['2026-11-24T10:00:00Zx', false],
  [7, false],
  [['2026-11-24T10:00:00Z'], false],
  [undefined, false],
])('%j is a moment as it is written in headers: %s', (value, is) => {
  expect(timeIn(value)).toBe(is ? value : undefined);
});

test.each([
  ['', 'anything', 'x', 'x'],
  ['', 'anything', '', undefined],
  ['redeliver', 'redrive.stock-service', 'x', 'x'],
  ['redeliver', '50ms.stock-service', 'x', 'x'],
  ['redeliver', '50ms.stock-service', 7, undefined],
  ['redeliver', 'order-service.stock-service', 'x', 'order-service'],
  ['order.events', 'order.created', 'x', 'by account'],
])('through exchange "%s" under %s with header %j it counts as published by %s', (exchange, routingKey, header, publisher) => {
  const headers = { 'x-user-id': header, 'x-attempt': 7, 'x-first-failed-at': FAILED_AT };
  const origin = originOf(received({ exchange, routingKey }, { userId: 'by account', headers }));
  const copy = exchange !== 'order.events';
  expect(origin).toMatchObject({ userId: publisher, attempt: copy ? 7 : 0, firstFailedAt: copy ? FAILED_AT : undefined });
});

test.each([
  [0, 0],
  [1_000, 1_000],
  [1_001, 1_000],
  [-1, 0],
  [1.5, 0],
  ['3', 0],
])('an attempt number of %j is believed as %i', (written, believed) => {
  const { attempt } = originOf(received({ exchange: 'redeliver' }, { headers: { 'x-attempt': written } }));
  expect(attempt).toBe(believed);
});

test('a copy without headers comes from nowhere', () => {
  expect(originOf(received({ exchange: '' }))).toEqual({
    ...{ exchange: '', routingKey: '', userId: undefined, attempt: 0, firstFailedAt: undefined },
  });
});
