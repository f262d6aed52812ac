import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { layoutOf } from '@quickstep/shared/choreography';
import { declareTopology, isMissing, LayoutWatch } from '@quickstep/shared/messaging';
import { eventually, freshVhost, type Vhost } from '@quickstep/shared/testing';
import { Arrivals, closeConnection, Opened, outgoing, Reports, topology } from './harness.js';

let vhost: Vhost;
const opened = new Opened(() => vhost);

beforeAll(async () => {
  vhost = await freshVhost();
});
afterEach(() => opened.closeAll());
afterAll(() => vhost.drop());

/** A watch over what has been declared. */
async function watched(options: { ownAccount?: boolean; isLatest?(): Promise<boolean> } = {}) {
  const reports = new Reports();
  const recreated = new Arrivals<string>();
  const broker = await opened.broker(reports);
  const channel = await opened.observerChannel();
  await declareTopology(channel, topology);
  const connection = broker.consuming;
  const told = { observer: reports, recreated: (queue: string) => recreated.push(queue) };
  const watch = new LayoutWatch({ connection, topology, watchEvery: 30, ...told, ...options });
  await watch.start();
  opened.add(async () => watch.stop());
  return { reports, recreated, channel, connection, watch };
}

const boundTo = async (queue: string) => {
  const bindings = await vhost.api<{ source: string; routing_key: string }[]>(`/queues/{vhost}/${queue}/bindings`);
  return bindings.flatMap(({ source, routing_key }) => (source === '' ? [] : [`${source} ${routing_key}`])).sort();
};
const declaredOf = (name: string) =>
  layoutOf(topology)
    .bindings.flatMap(({ queue, exchange, routingKey }) => (queue === name ? [`${exchange} ${routingKey}`] : []))
    .sort();

/** Sends under a key until a queue takes it. */
async function delivered(channel: Awaited<ReturnType<typeof watched>>['channel'], exchange: string, key: string) {
  for (let returned = true; returned; ) {
    returned = false;
    const note = () => {
      returned = true;
    };
    channel.once('return', note);
    channel.publish(exchange, key, Buffer.from('probe'), { mandatory: true });
    await channel.waitForConfirms();
    channel.off('return', note);
  }
}

test('queues that are deleted come back with their bindings, and that is told', async () => {
  const { reports, recreated, channel } = await watched();
  const waiting = topology.retryQueues[0]?.name ?? '';
  await channel.deleteQueue(topology.deadLetterQueue);
  expect(await recreated.next()).toBe(topology.deadLetterQueue);
  await channel.deleteQueue(waiting);
  expect(await recreated.next()).toBe(waiting);
  await reports.matching(/queues were gone and had to be created again: .*stock-service\.dead-letter/);
  expect(await boundTo(topology.deadLetterQueue)).toEqual(declaredOf(topology.deadLetterQueue));
  expect(await boundTo(waiting)).toEqual(declaredOf(waiting));
});

test('bindings of the queue that are removed come back', async () => {
  const { channel } = await watched();
  for (const { queue, exchange, routingKey } of layoutOf(topology).bindings) {
    if (queue === topology.queue) await channel.unbindQueue(queue, exchange, routingKey);
  }
  await delivered(channel, 'order.events', 'order.created');
  expect(await boundTo(topology.queue)).toEqual(declaredOf(topology.queue));
});

test('an earlier version brings nothing back that a later one may have removed', async () => {
  const asked = new Arrivals<void>();
  const isLatest = async () => {
    asked.push();
    return false;
  };
  const { channel } = await watched({ isLatest });
  await channel.unbindQueue(topology.queue, 'order.events', 'order.created');
  await asked.take(3);
  expect(await boundTo(topology.queue)).not.toContain('order.events order.created');
});

test("the service's own queue is left to its consumer, which asks for what was missed; the rest is looked after all the same", async () => {
  const { reports, recreated, channel, connection } = await watched();
  await channel.deleteQueue(topology.queue);
  await reports.matching(/could not be looked after; it is tried again.*404/);
  await channel.deleteQueue(topology.deadLetterQueue);
  await eventually(async () => !(await isMissing(connection, topology.deadLetterQueue)));
  expect(await isMissing(connection, topology.queue)).toBe(true);
  await declareTopology(channel, topology);
  await channel.deleteQueue(topology.deadLetterQueue);
  expect(await recreated.next()).toBe(topology.deadLetterQueue);
});

test('under an account that may declare nothing what is missing is told', async () => {
  const { reports, channel, connection } = await watched({ ownAccount: true });
  await channel.deleteQueue(topology.deadLetterQueue);
  expect(await reports.matching(/set the system up again/)).toContain(`"${topology.deadLetterQueue}"`);
  expect(await isMissing(connection, topology.deadLetterQueue)).toBe(true);
});

test('what is parked is counted; while the dead-letter queue is missing it is not, and no other channel ends for it', async () => {
  const { reports, deliveries, publisher, consumer, broker } = await opened.service();
  const isLatest = async () => false;
  const watch = new LayoutWatch({ connection: broker.consuming, topology, observer: reports, watchEvery: 30, isLatest });
  await watch.start();
  opened.add(async () => watch.stop());
  expect(await watch.parked()).toBe(0);
  const channel = await opened.observerChannel();
  await channel.deleteQueue(topology.deadLetterQueue);
  await expect(watch.parked()).rejects.toThrow();
  expect(consumer.subscribed).toBe(true);
  await declareTopology(channel, topology);
  channel.publish('dead-letter', topology.queue, Buffer.from('parked'));
  await channel.waitForConfirms();
  await eventually(async () => (await watch.parked().catch(() => undefined)) === 1);
  await publisher.publish([outgoing()]);
  (await deliveries.next()).ack();
});

test('a lost connection is waited for', async () => {
  const { recreated, channel, connection, watch } = await watched();
  let lost = false;
  connection.once('disconnect', () => {
    lost = true;
  });
  // The management API still lists connections of tests before this one, and learns of this one a moment after it has opened.
  await eventually(async () => {
    await closeConnection(vhost, 'stock-service:consume').catch(() => undefined);
    return lost;
  });
  await expect(watch.parked()).rejects.toThrow(new Error('The broker is away'));
  await channel.deleteQueue(topology.deadLetterQueue);
  expect(await recreated.next()).toBe(topology.deadLetterQueue);
  expect(await isMissing(connection, topology.deadLetterQueue)).toBe(false);
});
