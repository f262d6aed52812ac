import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { choreography, topologyOf } from '@quickstep/shared/choreography';
import { OrderCreated } from '@quickstep/shared/contracts';
import { AmqpConsumer, type CatchUp, declareTopology } from '@quickstep/shared/messaging';
import type { Delivery } from '@quickstep/shared/pipeline';
import { freshVhost, type Vhost } from '@quickstep/shared/testing';
import type { ConfirmChannel } from 'amqplib';
import {
  Arrivals,
  another,
  closeConnection,
  eventually,
  failing,
  Opened,
  outgoing,
  Reports,
  takeFrom,
  topology,
} from './harness.js';

let vhost: Vhost;
const opened = new Opened(() => vhost);

beforeAll(async () => {
  vhost = await freshVhost();
});
afterEach(() => opened.closeAll());
afterAll(() => vhost.drop());

const idOf = (delivery: Delivery): unknown => JSON.parse(delivery.body.toString()).id;

/** A queue and a dead-letter queue with nothing left over from another test. */
let channel: ConfirmChannel;
beforeEach(async () => {
  channel = await opened.observerChannel();
  for (const queue of [topology.queue, topology.deadLetterQueue]) await channel.deleteQueue(queue);
});

describe('deliveries', () => {
  test('carry the body, acks are final', async () => {
    const { publisher, deliveries, consumer } = await opened.service();
    const sent = outgoing();
    await publisher.publish([sent]);
    const delivery = await deliveries.next();
    expect(delivery).toMatchObject({
      body: sent.body,
      batched: false,
      exchange: 'order.events',
      routingKey: 'order.created',
      attempt: 0,
    });
    delivery.ack();
    await consumer.stop();
    expect((await channel.checkQueue(topology.queue)).messageCount).toBe(0);
  });

  test('that were not acknowledged come again, and only those, however the acks came', async () => {
    const first = await opened.service();
    const events = Array.from({ length: 10 }, () => outgoing());
    await first.publisher.publish(events);
    const received = await first.deliveries.take(10);
    const unfinished = new Set([events[3]?.event.id, events[7]?.event.id]);
    for (const delivery of received.toReversed()) if (!unfinished.has(String(idOf(delivery)))) delivery.ack();
    await first.consumer.stop(AbortSignal.abort());

    const second = await opened.service();
    const again = await second.deliveries.take(2);
    expect(new Set(again.map(idOf))).toEqual(unfinished);
    for (const delivery of again) delivery.ack();
    await second.consumer.stop();
    expect((await channel.checkQueue(topology.queue)).messageCount).toBe(0);
  });

  test('carry many events in batched mode, and a retry takes one of them out', async () => {
    const { publisher, deliveries } = await opened.service({ batched: true });
    const events = [outgoing(), outgoing(), outgoing()];
    await publisher.publish(events);
    const delivery = await deliveries.next();
    expect(delivery.batched).toBe(true);
    expect(JSON.parse(delivery.body.toString())).toEqual(events.map(({ event }) => event));
    await delivery.retry(events[1]?.body ?? '', failing('again'), another(delivery));
    delivery.ack();
    const retried = await deliveries.next();
    expect(retried).toMatchObject({ batched: false, attempt: 1, body: events[1]?.body });
    await retried.park(retried.body, failing('enough'));
    retried.ack();
    const { properties } = await takeFrom(channel, topology.deadLetterQueue);
    expect(properties).toMatchObject({
      messageId: events[1]?.event.id,
      correlationId: events[1]?.event.correlationid,
      contentType: 'application/cloudevents+json',
    });
  });

  test('go back to the queue when they are requeued', async () => {
    const { publisher, deliveries } = await opened.service();
    await publisher.publish([outgoing()]);
    const delivery = await deliveries.next();
    delivery.requeue();
    const again = await deliveries.next();
    expect(again.body).toBe(delivery.body);
    again.ack();
  });
});

describe('copies', () => {
  test('a retried event waits, and comes back with one more attempt', async () => {
    const { publisher, deliveries } = await opened.service();
    const sent = outgoing();
    await publisher.publish([sent]);
    for (let attempt = 0; attempt < 3; attempt++) {
      const delivery = await deliveries.next();
      expect(delivery).toMatchObject({
        attempt,
        body: sent.body,
        exchange: 'order.events',
        routingKey: 'order.created',
      });
      await delivery.retry(sent.body, failing('the gateway is down'), another(delivery));
      delivery.ack();
    }
    (await deliveries.next()).ack();
  });

  test('keep the account that the broker knows to have published the event', async () => {
    const { deliveries } = await opened.service();
    const userId = decodeURIComponent(new URL(vhost.url).username);
    channel.publish('order.events', 'order.created', Buffer.from('{}'), { userId });
    const first = await deliveries.next();
    expect(first).toMatchObject({ userId });
    await first.retry('{}', failing('again'), another(first));
    first.ack();
    const second = await deliveries.next();
    expect(second).toMatchObject({ userId, attempt: 1 });
    await second.park('{}', failing('enough'));
    second.ack();
    const { properties } = await takeFrom(channel, topology.deadLetterQueue);
    expect(properties.headers).toMatchObject({ 'x-user-id': userId, 'x-attempts': 2 });
  });

  test('are believed only from their wait: anybody may write their headers', async () => {
    const { deliveries } = await opened.service();
    const headers = {
      'x-exchange': 'payment.events',
      'x-routing-key': 'payment.completed',
      'x-user-id': 'x',
      'x-attempt': 9,
      'x-death': 7,
    };
    channel.publish('order.events', 'order.created', Buffer.from('{}'), { headers });
    const delivery = await deliveries.next();
    expect(delivery).toMatchObject({
      exchange: 'order.events',
      routingKey: 'order.created',
      userId: undefined,
      attempt: 0,
    });
    await delivery.park('{}', failing('forged'));
    delivery.ack();
    const { properties } = await takeFrom(channel, topology.deadLetterQueue);
    expect(properties.headers).toMatchObject({ 'x-exchange': 'order.events', 'x-routing-key': 'order.created', 'x-attempts': 1 });
    expect(properties.headers).not.toHaveProperty('x-death');
  });

  test.each([
    ['50ms.stock-service', 'inventory-service', 'the service itself has put it there'],
    ['redrive.stock-service', 'inventory-service', 'an operator sends it again'],
    ['order-service.stock-service', 'order-service', 'an emitter sends it from its log, whatever the header says'],
  ])('that come back under %s count as published by %s: %s', async (key, userId) => {
    const { deliveries } = await opened.service();
    const headers = { 'x-exchange': 'inventory.events', 'x-routing-key': 'inventory.reserved', 'x-user-id': 'inventory-service' };
    channel.publish('redeliver', key, Buffer.from('{}'), { headers });
    const delivery = await deliveries.next();
    expect(delivery).toMatchObject({ userId, exchange: 'inventory.events' });
    delivery.ack();
  });

  test.each<[string, unknown, number]>([
    ['a text', '7', 0],
    ['negative', -5, 0],
    ['no whole number', 1.5, 0],
    ['a table', { a: 1 }, 0],
    ['far too large', 2 ** 52, 1_000],
  ])('count their attempts sanely when the header is %s', async (_what, attempt, believed) => {
    const { deliveries } = await opened.service();
    channel.publish('redeliver', '50ms.stock-service', Buffer.from('{}'), { headers: { 'x-attempt': attempt } });
    const delivery = await deliveries.next();
    expect(delivery.attempt).toBe(believed);
    await delivery.retry('{}', failing('again'), another(delivery));
    delivery.ack();
    (await deliveries.next()).ack();
  });

  test('wait beside those of other services, and come back to the right one', async () => {
    const { publisher, deliveries } = await opened.service();
    const neighbour = topologyOf(
      choreography('neighbour-service', { look: { on: [OrderCreated], outcomes: { looked: [] } } }),
      [50],
    );
    await declareTopology(channel, neighbour);
    await channel.purgeQueue(neighbour.queue);
    const sent = outgoing();
    await publisher.publish([sent]);
    const delivery = await deliveries.next();
    await takeFrom(channel, neighbour.queue);
    await delivery.retry(sent.body, failing('again'), another(delivery));
    delivery.ack();
    const retried = await deliveries.next();
    expect(retried).toMatchObject({ attempt: 1, body: sent.body });
    retried.ack();
    expect((await channel.checkQueue(neighbour.queue)).messageCount).toBe(0);
    await channel.deleteQueue(neighbour.queue);
  });

  test('for a service whose queue is gone are parked, and hold up nobody else', async () => {
    const { publisher, deliveries } = await opened.service();
    const gone = topologyOf(choreography('gone-service', { look: { on: [OrderCreated], outcomes: { looked: [] } } }), [50]);
    await declareTopology(channel, gone);
    await channel.deleteQueue(gone.queue);
    // More than the broker's dead-lettering keeps unconfirmed.
    for (let sent = 0; sent < 100; sent++)
      channel.publish('retry', '50ms.gone-service', Buffer.from(`${sent}`), { persistent: true });
    await channel.waitForConfirms();
    const sent = outgoing();
    await publisher.publish([sent]);
    const delivery = await deliveries.next();
    await delivery.retry(sent.body, failing('again'), another(delivery));
    delivery.ack();
    (await deliveries.next()).ack();
    for (let parked = 0; parked < 100; parked++) await takeFrom(channel, gone.deadLetterQueue);
  });

  test('a parked message lies in the dead-letter queue with all that an operator needs', async () => {
    const { publisher, deliveries } = await opened.service();
    const sent = outgoing();
    await publisher.publish([sent]);
    const first = await deliveries.next();
    await first.retry(sent.body, failing('once more'), another(first));
    first.ack();
    const second = await deliveries.next();
    await second.park(sent.body, failing('x'.repeat(2_000)));
    second.ack();
    const { content, properties } = await takeFrom(channel, topology.deadLetterQueue);
    expect(content.toString()).toBe(sent.body);
    expect(properties).toMatchObject({
      messageId: sent.event.id,
      type: 'order.created',
      correlationId: sent.event.correlationid,
      appId: 'stock-service',
      deliveryMode: 2,
      headers: {
        'x-service': 'stock-service',
        'x-attempts': 2,
        'x-exchange': 'order.events',
        'x-routing-key': 'order.created',
        'x-parked-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
    });
    expect(properties.headers?.['x-reason']).toHaveLength(500);
  });

  test('a copy waits for the broker while the publishing connection is away', async () => {
    const { publisher, deliveries, reports } = await opened.service();
    await publisher.publish([outgoing()]);
    const delivery = await deliveries.next();
    await closeConnection(vhost, 'stock-service:publish');
    await reports.matching(/stock-service:publish: connection lost/);
    await delivery.retry(delivery.body.toString(), failing('again'), another(delivery));
    delivery.ack();
    const retried = await deliveries.next();
    expect(retried.attempt).toBe(1);
    retried.ack();
  });

  test('what is no text is parked byte for byte', async () => {
    const { deliveries } = await opened.service();
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    channel.publish('order.events', 'order.created', bytes, { contentType: 'application/octet-stream' });
    const delivery = await deliveries.next();
    await delivery.park(delivery.body, failing('The message is not JSON'));
    delivery.ack();
    const parked = await takeFrom(channel, topology.deadLetterQueue);
    expect(parked.content).toEqual(bytes);
    expect(parked.properties.contentType).toBe('application/octet-stream');
  });
});

describe('a subscription', () => {
  test('is made again when the broker cancels it, with the queue that was deleted', async () => {
    const { publisher, deliveries, reports, consumer } = await opened.service();
    await channel.deleteQueue(topology.queue);
    await reports.matching(/the broker cancelled the consumer; subscribing again/);
    await eventually(() => consumer.subscribed);
    expect(await publisher.publish([outgoing()])).toEqual(['confirmed']);
    (await deliveries.next()).ack();
  });

  test('survives the loss of its connection; what was unsettled comes again, and settling the old deliveries does no harm', async () => {
    const { publisher, deliveries, reports } = await opened.service();
    await publisher.publish([outgoing(), outgoing()]);
    const before = await deliveries.take(2);
    await closeConnection(vhost, 'stock-service:consume');
    await reports.matching(/stock-service:consume: connection lost/);
    const after = await deliveries.take(2);
    expect(after.map(idOf)).toEqual(before.map(idOf));
    for (const delivery of before) delivery.ack();
    before[0]?.requeue();
    for (const delivery of after) delivery.ack();
  });

  test('ends with stop: first what was handed out is settled, and nothing more is handed out', async () => {
    const { publisher, deliveries, consumer } = await opened.service({ prefetch: 2 });
    await publisher.publish([outgoing(), outgoing(), outgoing()]);
    const handed = await deliveries.take(2);
    const stopped = consumer.stop();
    expect(consumer.subscribed).toBe(false);
    for (const delivery of handed) delivery.ack();
    await stopped;
    expect((await channel.checkQueue(topology.queue)).messageCount).toBe(1);
  });

  test('ends at once when nothing is unsettled, before anything or after it', async () => {
    const idle = await opened.service();
    await idle.consumer.stop();
    const { publisher, deliveries, consumer } = await opened.service();
    await publisher.publish([outgoing()]);
    (await deliveries.next()).ack();
    await consumer.stop();
    expect((await channel.checkQueue(topology.queue)).messageCount).toBe(0);
  });

  test('ends when the caller will not wait any longer; the rest is delivered again', async () => {
    const { publisher, deliveries, consumer } = await opened.service();
    await publisher.publish([outgoing()]);
    await deliveries.next();
    const bound = new AbortController();
    const stopped = consumer.stop(bound.signal);
    bound.abort();
    await stopped;
    const next = await opened.service();
    (await next.deliveries.next()).ack();
  });
});

describe('a channel that cannot be opened', () => {
  /** Does at each opening of the channel what the test wants. */
  const preparing = (prepare: () => Promise<void>): CatchUp => ({ prepare, ask: () => undefined, answer: async () => undefined });

  test('is tried again, and says why until it is open', async () => {
    const opening = Promise.withResolvers<void>();
    let time = 0;
    const prepare = async () => {
      time++;
      if (time === 2) throw new Error('no database');
      if (time === 3) await opening.promise;
    };
    const { consumer, reports, publisher, deliveries } = await opened.service({ catchUp: preparing(prepare) });
    expect([consumer.subscribed, consumer.failure]).toEqual([true, undefined]);
    await channel.deleteQueue(topology.queue);
    await reports.matching(/^stock-service: consuming: the channel could not be opened; trying again: no database$/);
    expect([consumer.subscribed, consumer.failure]).toEqual([false, 'no database']);
    opening.resolve();
    await eventually(() => consumer.subscribed);
    expect(consumer.failure).toBeUndefined();
    await publisher.publish([outgoing()]);
    (await deliveries.next()).ack();
  });

  test('is waited for by a start, and by none that was stopped meanwhile', async () => {
    const broker = await opened.broker(new Reports());
    const [begun, opening] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const prepare = async () => {
      begun.resolve();
      await opening.promise;
    };
    const copies = { publishCopy: async () => undefined };
    const options = {
      connection: broker.consuming,
      topology,
      observer: new Reports(),
      prefetch: 1,
      copies,
      catchUp: preparing(prepare),
    };
    const consumer = new AmqpConsumer({ ...options, deliver: () => undefined });
    const started = consumer.start();
    await begun.promise;
    await consumer.stop();
    opening.resolve();
    await started;
    expect(consumer.subscribed).toBe(false);
    expect((await channel.checkQueue(topology.queue)).consumerCount).toBe(0);
  });

  test('for an account of its own ends the start, naming the queue that is missing; when it is there, it consumes', async () => {
    const reports = new Reports();
    const broker = await opened.broker(reports);
    const deliveries = new Arrivals<Delivery>();
    const copies = { publishCopy: async () => undefined };
    const deliver = (delivery: Delivery) => deliveries.push(delivery);
    const options = { connection: broker.consuming, topology, observer: reports, prefetch: 1, copies, deliver, ownAccount: true };
    const make = async () => {
      const consumer = new AmqpConsumer(options);
      opened.add(() => consumer.stop(AbortSignal.abort()));
      await consumer.start();
    };
    await declareTopology(channel, topology);
    await channel.deleteQueue(topology.queue);
    await expect(make()).rejects.toThrow(`The broker lacks queue "${topology.queue}"`);
    await declareTopology(channel, topology);
    await make();
    channel.publish('order.events', 'order.created', Buffer.from('{}'));
    (await deliveries.next()).ack();
  });
});

describe('a consumer that is told to stop for a while', () => {
  test('leaves messages in the queue, and takes them when it goes on', async () => {
    const { publisher, deliveries, consumer } = await opened.service();
    expect([consumer.subscribed, consumer.paused]).toEqual([true, false]);
    consumer.pause();
    expect(consumer.paused).toBe(true);
    await eventually(async () => (await consumer.count()).consumerCount === 0);
    expect(consumer.subscribed).toBe(false);
    await publisher.publish([outgoing()]);
    expect(await consumer.count()).toEqual(expect.objectContaining({ messageCount: 1, consumerCount: 0 }));
    consumer.pause();
    consumer.resume();
    consumer.resume();
    (await deliveries.next()).ack();
    expect([consumer.subscribed, consumer.paused]).toEqual([true, false]);
    expect(await consumer.count()).toMatchObject({ consumerCount: 1 });
    // However often it was told to go on, there is one subscription to end.
    consumer.pause();
    await eventually(async () => (await consumer.count()).consumerCount === 0);
  });

  test('is not on the queue after it has stopped, whatever it is told, and counts nothing', async () => {
    const { consumer } = await opened.service();
    await consumer.stop();
    consumer.resume();
    await expect(consumer.count()).rejects.toThrow(new Error('The broker is away'));
    expect((await channel.checkQueue(topology.queue)).consumerCount).toBe(0);
  });
});

describe('requests for events', () => {
  test('are answered, once more when that failed; the service itself asks when it is on its queue, and knows when that was missing', async () => {
    const happened: string[] = [];
    const answered = new Arrivals<string>();
    const catchUp: CatchUp = {
      prepare: async (missing) => void happened.push(`prepared, missing: ${missing}`),
      ask: () => void happened.push('asked'),
      answer: async (body, routingKey) => {
        answered.push(`${body} under ${routingKey}`);
        if (happened.push('answered') === 3) throw new Error('no connection');
      },
    };
    const { deliveries, reports, consumer, publisher } = await opened.service({ catchUp });
    expect(happened).toEqual(['prepared, missing: true', 'asked']);
    channel.publish('log', 'neighbour-service.stock-service', Buffer.from('{"from":1}'), { persistent: true });
    const request = '{"from":1} under neighbour-service.stock-service';
    expect(await answered.take(2)).toEqual([request, request]);
    expect(await reports.next()).toBe(
      'stock-service: a request for events could not be answered; it is answered again: no connection',
    );
    // Requests are no deliveries: the first of those is an event.
    const sent = outgoing();
    await publisher.publish([sent]);
    const delivery = await deliveries.next();
    expect(delivery.body).toBe(sent.body);
    delivery.ack();
    await consumer.stop();
    expect((await channel.checkQueue(topology.queue)).messageCount).toBe(0);
    await opened.service({ catchUp });
    expect(happened.slice(-2)).toEqual(['prepared, missing: false', 'asked']);
  });
});
