import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { InventoryReserved } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { declareTopology } from '@quickstep/shared/messaging';
import { eventually, freshVhost, type Vhost } from '@quickstep/shared/testing';
import { ConfirmProxy } from './confirm-proxy.js';
import { closeConnection, Opened, outgoing, Reports, topology } from './harness.js';

let vhost: Vhost;
const opened = new Opened(() => vhost);

beforeAll(async () => {
  vhost = await freshVhost();
});
afterEach(() => opened.closeAll());
afterAll(() => vhost.drop());

/** A publisher whose confirms can be kept back. */
async function ready(confirmTimeout: number) {
  const reports = new Reports();
  const channel = await opened.observerChannel();
  await declareTopology(channel, topology);
  const { proxy, url } = await ConfirmProxy.open(vhost.url);
  opened.add(() => proxy.close());
  const publisher = await opened.publisher(await opened.broker(reports, 'stock-service', url), reports, { confirmTimeout });
  return { reports, channel, publisher, proxy };
}

const SHORT = 200;
const LONG = 60_000;
const created = (count: number) => Array.from({ length: count }, () => outgoing());
const reserved = () => outgoing(InventoryReserved(sampleOrder()));
const copy = { exchange: 'dead-letter', routingKey: 'stock-service', content: Buffer.from('{}'), options: { mandatory: true } };

describe('a confirm that never comes', () => {
  test('fails its event when it is overdue, and says so once', async () => {
    const { publisher, proxy, reports } = await ready(SHORT);
    proxy.hold('order.created');
    expect(await publisher.publish(created(3))).toEqual(['failed', 'failed', 'failed']);
    expect(await reports.next()).toMatch(
      /publishing: a message was not confirmed: no answer for 200 ms to order\.events order\.created/,
    );
  });

  test('gives the place of its event free again, however many follow', async () => {
    const { publisher, proxy } = await ready(SHORT);
    proxy.hold('order.created');
    expect(new Set(await publisher.publish(created(10_000)))).toEqual(new Set(['failed']));
    expect(new Set(await publisher.publish(created(10_000)))).toEqual(new Set(['failed']));
    proxy.release();
    // The late confirms say that the queue works again; their own events have failed already. A busy broker may take longer than the bound:
    // what fails then is sent again, and for ever if a place is not given free.
    const confirmed = (count: number) =>
      eventually(async () => (await publisher.publish(created(count))).every((fate) => fate === 'confirmed'));
    await confirmed(1);
    // As many as there are places, a few at a time.
    for (let sent = 0; sent < 2_500; sent += 50) await confirmed(50);
  });

  test('holds nobody up once it is known: what follows fails at once', async () => {
    const { publisher, proxy, reports } = await ready(SHORT);
    proxy.hold('order.created');
    await publisher.publish(created(1));
    await reports.next();
    let settled = 0;
    for (let turn = 0; turn < 50; turn++) {
      void publisher.publish(created(100)).then(() => settled++);
      await Promise.resolve();
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(50);
  });

  test('does not stop the events for other queues', async () => {
    const { publisher, proxy, channel } = await ready(LONG);
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, 'inventory.events', 'inventory.reserved');
    proxy.hold('order.created');
    const held = publisher.publish(created(10_000));
    expect(await publisher.publish([reserved(), reserved()])).toEqual(['confirmed', 'confirmed']);
    proxy.release();
    await held;
  });

  test('of a copy fails it; the next waits until the queue works again', async () => {
    const { publisher, proxy, reports } = await ready(SHORT);
    proxy.hold('stock-service');
    await expect(publisher.publishCopy(copy)).rejects.toThrow('The copy for dead-letter stock-service was failed');
    await reports.next();
    const probe = publisher.publishCopy(copy).catch(() => 'failed');
    const next = publisher.publishCopy(copy);
    expect(await probe).toBe('failed');
    proxy.release();
    await next;
  });

  test('holds up no stop: what is under way has failed then', async () => {
    const { publisher, proxy } = await ready(LONG);
    proxy.hold('order.created');
    proxy.hold('stock-service');
    const event = publisher.publish(created(1));
    const failedCopy = expect(publisher.publishCopy(copy)).rejects.toThrow('The copy for dead-letter stock-service was failed');
    await publisher.stop();
    expect(await event).toEqual(['failed']);
    await failedCopy;
  });

  test('does not outlive its channel', async () => {
    const { publisher, proxy, channel, reports } = await ready(LONG);
    proxy.hold('order.created');
    const held = publisher.publish(created(3_000));
    // Closes the channel: publishing to an exchange that is gone is an error.
    await channel.deleteExchange('inventory.events');
    await publisher.publish([reserved()]);
    expect(new Set(await held)).toEqual(new Set(['failed']));
    await reports.matching(/the broker closed the channel/);
    proxy.release();
    await eventually(async () => (await publisher.publish(created(1)))[0] === 'confirmed');
  });
});

describe('an alarm of the broker', () => {
  test('is reported, and events fail at once until it is over', async () => {
    const { publisher, proxy, reports } = await ready(LONG);
    proxy.hold('order.created');
    proxy.block('low on memory');
    expect(await reports.matching(/alarm/)).toBe(
      'stock-service:publish: the broker takes no messages until its alarm is over: low on memory',
    );
    await eventually(() => !publisher.ready);
    expect(await publisher.publish(created(2))).toEqual(['failed', 'failed']);
    proxy.unblock();
    await eventually(() => publisher.ready);
    proxy.release();
    expect(await publisher.publish(created(1))).toEqual(['confirmed']);
  });

  test('is over when the connection is lost: the next one is told anew', async () => {
    const { publisher, proxy, reports } = await ready(LONG);
    proxy.block('low on disk');
    await eventually(() => !publisher.ready);
    await closeConnection(vhost, 'stock-service:publish');
    await reports.matching(/connection lost/);
    await eventually(() => publisher.ready);
    expect(await publisher.publish(created(1))).toEqual(['confirmed']);
  });
});
