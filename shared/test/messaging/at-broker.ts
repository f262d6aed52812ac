import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { freshVhost, type Vhost } from '@quickstep/shared/testing';
import type { ConfirmChannel } from 'amqplib';
import { Opened, topology } from './harness.js';

/**
 * A virtual host for the file. Before each test it has no queue and no dead-letter queue of the service, so that nothing is left over from
 * another test.
 */
export function atBroker(take: (made: { readonly vhost: Vhost; readonly channel: ConfirmChannel }) => void): Opened {
  let vhost: Vhost;
  const opened = new Opened(() => vhost);
  beforeAll(async () => {
    vhost = await freshVhost();
  });
  beforeEach(async () => {
    const channel = await opened.observerChannel();
    for (const queue of [topology.queue, topology.deadLetterQueue]) await channel.deleteQueue(queue);
    take({ vhost, channel });
  });
  afterEach(() => opened.closeAll());
  afterAll(() => vhost.drop());
  return opened;
}
