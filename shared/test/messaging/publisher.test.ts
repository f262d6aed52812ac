import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { InventoryItemChanged, InventoryReserved, NotificationSent, OrderCreated } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { AmqpPublisher, BrokerRefused, declareTopology } from '@quickstep/shared/messaging';
import { eventually, freshVhost, type Vhost } from '@quickstep/shared/testing';
import { closeConnection, Opened, outgoing, Reports, takeFrom, topology } from './harness.js';

let vhost: Vhost;
const opened = new Opened(() => vhost);

beforeAll(async () => {
  vhost = await freshVhost();
});
afterEach(() => opened.closeAll());
afterAll(() => vhost.drop());

async function ready(options: { batched?: boolean } = {}) {
  const reports = new Reports();
  const channel = await opened.observerChannel();
  await declareTopology(channel, topology);
  await channel.purgeQueue(topology.queue);
  const publisher = await opened.publisher(await opened.broker(reports), reports, options);
  return { reports, channel, publisher };
}

const itemChanged = () => InventoryItemChanged({ sku: 'SKU-1', name: 'Mug', unitPrice: 500, currency: 'EUR', revision: 1 });

describe('publish', () => {
  test('confirms, with AMQP properties that say what the event is', async () => {
    const { channel, publisher } = await ready();
    expect(await publisher.publish([])).toEqual([]);
    const sent = outgoing();
    expect(await publisher.publish([sent])).toEqual(['confirmed']);
    const { content, fields, properties } = await takeFrom(channel, topology.queue);
    expect(content.toString()).toBe(sent.body);
    expect(fields).toMatchObject({ exchange: 'order.events', routingKey: 'order.created' });
    expect(properties).toMatchObject({
      messageId: sent.event.id,
      type: 'order.created',
      correlationId: sent.event.correlationid,
      appId: 'stock-service',
      contentType: 'application/cloudevents+json',
      deliveryMode: 2,
      headers: {},
    });
    expect(properties.timestamp).toBe(Math.floor(Date.parse(sent.event.time) / 1000));
  });

  test('gives each event its own fate: wanted, unroutable, and final, which nobody need want', async () => {
    const { publisher } = await ready();
    const final = outgoing(
      NotificationSent({ orderId: sampleOrder().orderId, notificationId: sampleOrder().orderId, template: 'shipped' }),
      true,
    );
    const fates = await publisher.publish([outgoing(), outgoing(itemChanged()), final, outgoing()]);
    expect(fates).toEqual(['confirmed', 'returned', 'confirmed', 'confirmed']);
  });

  test('has thousands in flight, in order', async () => {
    const { channel, publisher } = await ready();
    const events = Array.from({ length: 5_000 }, () => outgoing());
    const fates = await publisher.publish(events);
    expect(new Set(fates)).toEqual(new Set(['confirmed']));
    const first = await takeFrom(channel, topology.queue);
    expect(first.properties.messageId).toBe(events[0]?.event.id);
  });

  test('fails what is outstanding when the connection is lost, and publishes again once it is back', async () => {
    const { publisher, reports } = await ready();
    let publishing = true;
    opened.add(async () => {
      publishing = false;
    });
    let failed = 0;
    const stream = (async () => {
      while (publishing) {
        const fates = await publisher.publish(Array.from({ length: 200 }, () => outgoing()));
        failed += fates.filter((fate) => fate === 'failed').length;
        // Leaves the event loop room to hear of the loss, and of the return.
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await closeConnection(vhost, 'stock-service:publish');
    await reports.matching(/stock-service:publish: connection lost/);
    await eventually(() => publisher.ready);
    publishing = false;
    await stream;
    expect(failed).toBeGreaterThan(0);
    expect(await publisher.publish([outgoing()])).toEqual(['confirmed']);
  });

  test('opens another channel when the broker closes its own, and declares what was deleted', async () => {
    const { channel, publisher, reports } = await ready();
    await channel.deleteExchange('order.events');
    expect(await publisher.publish([outgoing()])).toEqual(['failed']);
    await reports.matching(/publishing: the broker closed the channel.*no exchange 'order.events'/);
    await eventually(() => publisher.ready);
    expect(await publisher.publish([outgoing()])).toEqual(['returned']);
  });

  test('fails what cannot be encoded, and nothing after it', async () => {
    const { channel, publisher, reports } = await ready();
    const copy = { exchange: 'redeliver', routingKey: '50ms.stock-service', content: Buffer.from('{}') };
    const tooLong = { ...copy, options: { messageId: 'x'.repeat(300) } };
    await expect(publisher.publishCopy(tooLong)).rejects.toThrow('The copy for redeliver 50ms.stock-service was failed');
    expect(await reports.next()).toMatch(
      /publishing: a message could not be sent: .* exchange=redeliver routingKey=50ms\.stock-service$/,
    );
    await publisher.publishCopy({ ...copy, options: { messageId: 'short' } });
    expect((await takeFrom(channel, topology.queue)).properties.messageId).toBe('short');
    expect(await publisher.publish([outgoing()])).toEqual(['confirmed']);
  });

  test('fails each copy that no queue wants, though they have no ids that tell them apart', async () => {
    const { channel, publisher } = await ready();
    const options = { persistent: true, mandatory: true };
    const copy = { exchange: 'dead-letter', routingKey: topology.queue, content: Buffer.from('{}'), options };
    await channel.deleteQueue(topology.deadLetterQueue);
    const lost = await Promise.allSettled(Array.from({ length: 300 }, () => publisher.publishCopy(copy)));
    expect(new Set(lost.map(({ status }) => status))).toEqual(new Set(['rejected']));
    await declareTopology(channel, topology);
    await publisher.publishCopy(copy);
    expect((await takeFrom(channel, topology.deadLetterQueue)).content).toEqual(copy.content);
  });

  test('does not begin when the broker has an exchange of that name that is another', async () => {
    const reports = new Reports();
    const channel = await opened.observerChannel();
    await channel.deleteExchange('order.events');
    await channel.assertExchange('order.events', 'fanout');
    const started = opened.publisher(await opened.broker(reports), reports);
    await expect(started).rejects.toThrow(BrokerRefused);
    await channel.deleteExchange('order.events');
  });

  test('with an account of its own looks for exchanges only, and puts its name on each message', async () => {
    const reports = new Reports();
    const account = decodeURIComponent(new URL(vhost.url).username);
    const own = { ...topology, queue: account };
    const broker = await opened.broker(reports);
    const make = async () => {
      const publisher = new AmqpPublisher({ connection: broker.publishing, topology: own, observer: reports, ownAccount: true });
      opened.add(() => publisher.stop());
      await publisher.start();
      return publisher;
    };
    const channel = await opened.observerChannel();
    await declareTopology(channel, topology);
    await channel.deleteExchange('notification.events');
    await expect(make()).rejects.toThrow('The broker lacks exchange "notification.events"');
    await declareTopology(channel, topology);
    await channel.purgeQueue(topology.queue);
    const publisher = await make();
    expect(await publisher.publish([outgoing()])).toEqual(['confirmed']);
    expect((await takeFrom(channel, topology.queue)).properties.userId).toBe(account);
    const { publisher: nameless } = await ready();
    await nameless.publish([outgoing()]);
    expect((await takeFrom(channel, topology.queue)).properties.userId).toBeUndefined();
  });

  test('fails at once after it has stopped', async () => {
    const { publisher } = await ready();
    await publisher.stop();
    expect(await publisher.publish([outgoing(), outgoing()])).toEqual(['failed', 'failed']);
    await expect(publisher.publishCopy({ exchange: '', routingKey: 'q', content: Buffer.alloc(0), options: {} })).rejects.toThrow(
      'failed',
    );
  });
});

describe('batched', () => {
  test('events of one type share a message; fates stay per event', async () => {
    const { channel, publisher } = await ready({ batched: true });
    const reserved = outgoing(InventoryReserved(sampleOrder()));
    const events = [outgoing(), outgoing(itemChanged()), outgoing(), outgoing(itemChanged()), reserved];
    expect(await publisher.publish(events)).toEqual(['confirmed', 'returned', 'confirmed', 'returned', 'returned']);
    const { content, properties } = await takeFrom(channel, topology.queue);
    expect(JSON.parse(content.toString())).toEqual([events[0]?.event, events[2]?.event]);
    expect(properties).toMatchObject({
      messageId: events[0]?.event.id,
      type: 'order.created',
      contentType: 'application/cloudevents-batch+json',
      headers: { 'x-count': 2 },
    });
  });

  test('a message holds 200 events at most, and an event alone travels as a single one', async () => {
    const { channel, publisher } = await ready({ batched: true });
    const events = Array.from({ length: 401 }, () => outgoing(OrderCreated(sampleOrder())));
    expect(new Set(await publisher.publish(events))).toEqual(new Set(['confirmed']));
    const messages = [];
    for (let message = await channel.get(topology.queue); message; message = await channel.get(topology.queue))
      messages.push(message);
    expect(messages.map(({ properties }) => properties.headers?.['x-count'] ?? properties.contentType)).toEqual([
      200,
      200,
      'application/cloudevents+json',
    ]);
  });
});
