import { describe, expect, test } from '@jest/globals';
import type { CatchUp } from '@quickstep/shared/messaging';
import type { Delivery } from '@quickstep/shared/pipeline';
import { eventually } from '@quickstep/shared/testing';
import type { ConfirmChannel } from 'amqplib';
import { atBroker } from './at-broker.js';
import { Arrivals, another, failing, outgoing, takeFrom, topology } from './harness.js';

let channel: ConfirmChannel;
const opened = atBroker((made) => {
  ({ channel } = made);
});

const idOf = (delivery: Delivery): unknown => JSON.parse(delivery.body.toString()).id;

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
      repeated: false,
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
    expect(again.map(({ repeated }) => repeated)).toEqual([true, true]);
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
    expect(retried).toMatchObject({ batched: false, repeated: true, attempt: 1, body: events[1]?.body });
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
