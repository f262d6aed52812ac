import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Broker, connectBroker } from '@quickstep/shared/messaging';
import { freshVhost, type Vhost } from '@quickstep/shared/testing';
import type { GetMessage } from 'amqplib';
import { withChannel } from '../src/dead-letters/hold-queue.js';

let vhost: Vhost;
let broker: Broker;
beforeEach(async () => {
  vhost = await freshVhost();
  broker = await connectBroker({ url: vhost.url, service: 'test', observer: { trouble: () => undefined } });
});
afterEach(async () => {
  await broker.close();
  await vhost.drop();
});

test('work on a channel that the broker closes is told, and has ended before anybody hears of it', async () => {
  const told: string[] = [];
  const used = withChannel(await broker.consuming.createChannel(), async (channel, lost) => {
    const closed = new Promise((resolve) => lost.addEventListener('abort', resolve));
    const { queue } = await channel.assertQueue('', { exclusive: true });
    channel.sendToQueue(queue, Buffer.from('one'));
    let message: GetMessage | false = false;
    while (message === false) message = await channel.get(queue);
    // The broker closes a channel on which something is acknowledged twice, as it does after its consumer_timeout.
    channel.ack(message);
    channel.ack(message);
    await closed;
    told.push('lost');
    await new Promise((resolve) => setImmediate(resolve));
    told.push('ended');
  });
  await used.catch((error: Error) => told.push(error.message));
  expect(told).toEqual(['lost', 'ended', expect.stringContaining('PRECONDITION_FAILED')]);
});
