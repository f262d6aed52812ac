import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RecoveringChannel } from '@quickstep/shared/messaging';
import { freshVhost, type Vhost } from '@quickstep/shared/testing';
import type { Channel } from 'amqplib';
import { Arrivals, Opened, Reports } from './harness.js';

/** Whoever waits for a channel that is never opened waits no longer than this. Milliseconds. */
const LIMIT = 30_000;

let vhost: Vhost;
const opened = new Opened(() => vhost);
beforeEach(async () => {
  vhost = await freshVhost();
});
afterEach(async () => {
  await opened.closeAll();
  await vhost.drop();
});

async function opening() {
  const { consuming } = await opened.broker(new Reports());
  const channels = new Arrivals<Channel>();
  let lost = 0;
  const recovering = new RecoveringChannel({
    name: 'test',
    observer: new Reports(),
    create: () => consuming.createChannel(),
    prepare: async () => undefined,
    opened: (channel) => channels.push(channel),
    closed: () => {
      lost++;
    },
  });
  opened.add(() => recovering.stop());
  await recovering.start();
  return { recovering, channels, lost: () => lost, first: await channels.next() };
}

test(
  'a channel that the broker closes is opened again',
  async () => {
    const { recovering, channels, lost, first } = await opening();
    await expect(first.checkQueue('missing')).rejects.toThrow('404');
    const second = await channels.next();
    expect(second).not.toBe(first);
    expect(recovering.current).toBe(second);
    expect(lost()).toBe(1);
  },
  LIMIT,
);

test(
  'a channel that is given up again and again, and then closes, is lost once',
  async () => {
    const { recovering, channels, lost, first } = await opening();
    const closed = once(first, 'close');
    recovering.renew(first);
    recovering.renew(first);
    expect(recovering.current).toBeUndefined();
    await closed;
    expect(lost()).toBe(1);
    const second = await channels.next();
    recovering.renew(first);
    expect(recovering.current).toBe(second);
    expect(lost()).toBe(1);
  },
  LIMIT,
);
