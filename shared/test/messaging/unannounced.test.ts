import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually, freshVhost, type Vhost } from '@quickstep/shared/testing';
import { watchQueue } from '../../src/messaging/queue-watch.js';
import { ConfirmProxy } from './confirm-proxy.js';
import { Opened, outgoing, topology } from './harness.js';

let vhost: Vhost;
const opened = new Opened(() => vhost);

beforeAll(async () => {
  vhost = await freshVhost();
});
afterEach(() => opened.closeAll());
afterAll(() => vhost.drop());

test('a queue that is deleted without the broker saying so is missed, and declared anew with its consumer', async () => {
  const { proxy, url } = await ConfirmProxy.open(vhost.url);
  opened.add(() => proxy.close());
  const { publisher, deliveries, reports } = await opened.service({ url, watchEvery: 50 });
  proxy.keepCancels();
  const channel = await opened.observerChannel();
  await channel.deleteQueue(topology.queue);
  await reports.matching(/the broker closed the channel; opening another.*404/);
  // Until the queue is there the event comes back.
  for (let fate = 'returned'; fate !== 'confirmed'; ) [fate = 'returned'] = await publisher.publish([outgoing()]);
  (await deliveries.next()).ack();
});

test('a consumer that the broker takes off its queue without saying so subscribes again; one that has paused is missed by nobody', async () => {
  const { proxy, url } = await ConfirmProxy.open(vhost.url);
  opened.add(() => proxy.close());
  const { publisher, deliveries, reports, consumer } = await opened.service({ url, watchEvery: 50 });
  consumer.pause();
  await eventually(async () => (await consumer.count()).consumerCount === 0);
  const channel = await opened.observerChannel();
  await publisher.publish([outgoing()]);
  expect((await channel.checkQueue(topology.queue)).messageCount).toBe(1);
  consumer.resume();
  (await deliveries.next()).ack();
  proxy.takeAway();
  expect(await reports.next()).toMatch(/^stock-service: the broker cancelled the consumer; subscribing again/);
  await publisher.publish([outgoing()]);
  (await deliveries.next()).ack();
});

test('a consumer that the broker takes off its queue beside another subscribes again once messages pass it by', async () => {
  const { proxy, url } = await ConfirmProxy.open(vhost.url);
  opened.add(() => proxy.close());
  const { publisher, deliveries, reports } = await opened.service({ url, watchEvery: 50 });
  // The other one takes one message, and no more while it has not settled it.
  const other = await opened.observerChannel();
  await other.prefetch(1);
  await other.consume(topology.queue, () => undefined);
  proxy.takeAway();
  await eventually(async () => (await other.checkQueue(topology.queue)).consumerCount === 1);
  await publisher.publish([outgoing(), outgoing()]);
  expect(await reports.next()).toMatch(/^stock-service: the broker cancelled the consumer; subscribing again/);
  (await deliveries.next()).ack();
});

test('nothing is asked of a queue that has not answered yet', async () => {
  const channel = await opened.observerChannel();
  await channel.assertQueue('watched', { exclusive: true });
  let asked = 0;
  let answer: () => void = () => undefined;
  const checkQueue = async (name: string) => {
    asked++;
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return channel.checkQueue(name);
  };
  const slow = new Proxy(channel, {
    get: (target, name) => (name === 'checkQueue' ? checkQueue : Reflect.get(target, name).bind(target)),
  });
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'setTimeout'] });
  try {
    const consumer = { subscribed: true, handedOut: 0, unsettled: 0 };
    watchQueue(slow, { topology: { queue: 'watched' }, watchEvery: 50 }, consumer, () => undefined);
    jest.advanceTimersByTime(500);
    expect(asked).toBe(1);
    answer();
    await eventually(() => {
      jest.advanceTimersByTime(50);
      return asked === 2;
    });
    answer();
  } finally {
    jest.useRealTimers();
  }
});
