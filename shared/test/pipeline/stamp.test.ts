import { describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import { InventoryItemChanged, InventoryReleased, NotificationSent, OrderCreated } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { v7 } from 'uuid';
import { stamper } from '../../src/pipeline/stamp.js';

const order = sampleOrder();
const { orderId } = order;
const EVENT_ID = '0193b3a0-1111-7222-8333-444444444444';
const time = '2026-11-21T10:00:00.000Z';
const stamp = stamper('order-service', () => EVENT_ID);
const cause = { id: 'request-1', tenantid: 'default' };
const released = InventoryReleased({ orderId, reason: 'Payment declined' });

test('an event carries the attributes of the public contract', () => {
  const { event, body, final } = stamp(OrderCreated, OrderCreated(order), cause, 'placeOrder', 0, time);
  expect(event).toEqual({
    specversion: '1.0',
    id: EVENT_ID,
    type: 'order.created',
    source: '/order-service',
    subject: orderId,
    time,
    datacontenttype: 'application/json',
    dataschema: 'urn:quickstep:order.created:2.0',
    dataversion: '2.0',
    correlationid: orderId,
    causationid: 'request-1',
    tenantid: 'default',
    idempotencykey: 'request-1:placeOrder:0',
    traceparent: expect.any(String),
    data: order,
  });
  expect(JSON.parse(body)).toEqual(event);
  expect(final).toBe(false);
  const sent = NotificationSent({ orderId, notificationId: v7(), template: 'x' });
  expect(stamp(NotificationSent, sent, cause, 'notifyCustomer', 0, time).final).toBe(true);
});

test('two events of one step have different idempotency keys, and the same ones when it is replayed', () => {
  const keyOf = (position: number) =>
    stamp(InventoryReleased, released, cause, 'releaseStock', position, time).event.idempotencykey;
  expect(keyOf(0)).not.toBe(keyOf(1));
  expect(keyOf(0)).toBe(keyOf(0));
});

describe('an event that an event caused', () => {
  const inherited = {
    id: v7(),
    tenantid: 'tenant-7',
    correlationid: 'saga-1',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  };

  test('belongs to its saga, its tenant and its trace', () => {
    const { event } = stamp(InventoryReleased, released, inherited, 'releaseStock', 0, time);
    expect(event).toMatchObject({
      correlationid: 'saga-1',
      tenantid: 'tenant-7',
      causationid: inherited.id,
      traceparent: `00-${'a'.repeat(32)}-8333444444444444-01`,
    });
  });
});

test.each(['00', '01'])('what was decided about its trace (%s) is passed on', (flags) => {
  const traced = { ...cause, traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-${flags}` };
  const { event } = stamp(InventoryReleased, released, traced, 'releaseStock', 0, time);
  expect(event.traceparent).toBe(`00-${'c'.repeat(32)}-8333444444444444-${flags}`);
});

test('an event of recorded work has its span as parent', () => {
  const traceparent = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
  const { event } = stamp(InventoryReleased, released, { ...cause, traceparent, recorded: true }, 'releaseStock', 0, time);
  expect(event.traceparent).toBe(traceparent);
});

test('a trace that is none is not passed on', () => {
  const traced = { ...cause, traceparent: 'garbage' };
  const { event } = stamp(InventoryReleased, released, traced, 'releaseStock', 0, time);
  expect(event.traceparent).toBe(`00-${orderId.replaceAll('-', '')}-8333444444444444-00`);
});

describe('an event that began a saga', () => {
  test('joins the trace of its request', () => {
    const traced = { ...cause, traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` };
    const { event } = stamp(OrderCreated, OrderCreated(order), traced, 'placeOrder', 0, time);
    expect(event.traceparent).toBe(`00-${'c'.repeat(32)}-8333444444444444-01`);
  });

  test('without a trace takes the order id as its trace id', () => {
    const { event } = stamp(OrderCreated, OrderCreated(order), cause, 'placeOrder', 0, time);
    expect(event.traceparent).toBe(`00-${orderId.replaceAll('-', '')}-8333444444444444-00`);
  });

  test.each([
    ['a UUID of its own', v7()],
    ['any other token', 'request-1'],
  ])('about something that is no order, asked under %s, still has a valid trace', (_, id) => {
    const changed = InventoryItemChanged({ sku: 'MUG', name: 'Mug', unitPrice: 1, currency: 'EUR', revision: 1 });
    const { event } = stamp(InventoryItemChanged, changed, { ...cause, id }, 'putItem', 0, time);
    expect(event).toMatchObject({ subject: 'MUG', correlationid: 'MUG' });
    expect(event.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });
});

test('an event that breaks its contract is a bug in its step', () => {
  const wrong = { ...released, data: { orderId, reason: '' } };
  const stampIt = () => stamp(InventoryReleased, wrong, cause, 'releaseStock', 0, time);
  expect(stampIt).toThrow(Permanent);
  expect(stampIt).toThrow('Step "releaseStock" emitted a inventory.released that breaks its contract: /data/reason');
});
