import { describe, expect, test } from '@jest/globals';
import { AmqpConsumer, type CatchUp, declareTopology } from '@quickstep/shared/messaging';
import type { Delivery } from '@quickstep/shared/pipeline';
import type { Vhost } from '@quickstep/shared/testing';
import { eventually } from '@quickstep/shared/testing';
import type { ConfirmChannel } from 'amqplib';
import { atBroker } from './at-broker.js';
import { Arrivals, closeConnection, outgoing, Reports, topology } from './harness.js';

let vhost: Vhost;
let channel: ConfirmChannel;
const opened = atBroker((made) => {
  ({ vhost, channel } = made);
});

const idOf = (delivery: Delivery): unknown => JSON.parse(delivery.body.toString()).id;

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
