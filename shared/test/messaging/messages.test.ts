import { describe, expect, test } from '@jest/globals';
import { InventoryItemChanged, OrderCreated } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { BATCH_LIMITS, batchedMessages } from '@quickstep/shared/messaging';
import { shortText, singleMessages } from '../../src/messaging/messages.js';
import { outgoing } from './harness.js';

const SERVICE = 'order-service';
const item = (final = false) =>
  outgoing(InventoryItemChanged({ sku: 'SKU-1', name: 'Mug', unitPrice: 500, currency: 'EUR', revision: 1 }), final);
const created = (count: number, final = false) =>
  Array.from({ length: count }, () => outgoing(OrderCreated(sampleOrder()), final));

test.each([false, true])('an event alone is a message that says what it is; final: %s', (final) => {
  const [sent, other] = [outgoing(OrderCreated(sampleOrder()), final), item()];
  const [message, second] = singleMessages([sent, other], SERVICE);
  expect(message).toEqual({
    ...{ exchange: 'order.events', routingKey: 'order.created', content: Buffer.from(sent.body), positions: [0] },
    options: {
      ...{ messageId: sent.event.id, type: 'order.created', correlationId: sent.event.correlationid, appId: SERVICE },
      ...{ timestamp: Math.floor(Date.parse(sent.event.time) / 1_000), contentType: 'application/cloudevents+json' },
      ...{ persistent: true, mandatory: !final },
    },
  });
  expect(second).toMatchObject({ exchange: 'inventory.events', positions: [1] });
});

describe('events in batches', () => {
  test('share a message with those of their type, in order', () => {
    const events = [...created(1), item(), ...created(1)];
    const [orders, items, ...others] = batchedMessages(events, SERVICE, BATCH_LIMITS);
    expect(others).toEqual([]);
    expect(items).toEqual(singleMessages(events, SERVICE)[1]);
    const first = events[0]?.event;
    expect(orders).toEqual({
      ...{ exchange: 'order.events', routingKey: 'order.created', positions: [0, 2] },
      content: Buffer.from(`[${events[0]?.body},\n${events[2]?.body}]`),
      options: {
        ...{ messageId: first?.id, type: 'order.created', appId: SERVICE, persistent: true, mandatory: true },
        ...{ timestamp: Math.floor(Date.parse(first?.time ?? '') / 1_000), contentType: 'application/cloudevents-batch+json' },
        headers: { 'x-count': 2 },
      },
    });
  });

  test('that nobody need want need not be taken', () => {
    expect(batchedMessages(created(2, true), SERVICE, BATCH_LIMITS)).toMatchObject([{ options: { mandatory: false } }]);
  });

  const positions = (count: number, limits: { events: number; size: number }) =>
    batchedMessages(created(count), SERVICE, limits).map((message) => message.positions);

  test('are so many in one message at most', () => {
    expect(positions(5, { events: 2, size: 1_000_000 })).toEqual([[0, 1], [2, 3], [4]]);
  });

  test('are of such a size at most, unless one alone is larger', () => {
    const [event] = created(1);
    const size = event?.body.length ?? 0;
    const same = Array.from({ length: 5 }, () => event ?? item());
    const of = (limit: number) => batchedMessages(same, SERVICE, { events: 9, size: limit }).map((message) => message.positions);
    expect(of(2 * size)).toEqual([[0, 1], [2, 3], [4]]);
    expect(of(2 * size - 1)).toEqual([[0], [1], [2], [3], [4]]);
    expect(of(3 * size)).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(of(1)).toEqual([[0], [1], [2], [3], [4]]);
  });

  test('are none when there are none', () => {
    expect(positions(0, BATCH_LIMITS)).toEqual([]);
  });
});

test.each([
  ['x'.repeat(255), 255],
  ['x'.repeat(256), 85],
  ['山'.repeat(85), 85],
  ['山'.repeat(86), 85],
])('a text fits in 255 bytes: %s', (text, length) => {
  expect(shortText(text)).toHaveLength(length);
  expect(Buffer.byteLength(shortText(text))).toBeLessThanOrEqual(255);
});
