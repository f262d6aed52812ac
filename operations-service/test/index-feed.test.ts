import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DEAD_LETTER_EXCHANGE } from '@quickstep/shared/choreography';
import { type Broker, connectBroker } from '@quickstep/shared/messaging';
import { eventually, freshVhost, type Vhost } from '@quickstep/shared/testing';
import { operations } from '@quickstep/system';
import { IndexFeed } from '../src/dead-letters/index-feed.js';
import type { Letter } from '../src/dead-letters/letter.js';

const queue = operations.deadLetterIndex.name;
const observer = { trouble: () => undefined };
let vhost: Vhost;
let broker: Broker;
beforeEach(async () => {
  vhost = await freshVhost();
  broker = await connectBroker({ url: vhost.url, service: 'test', observer });
});
afterEach(async () => {
  await broker.close();
  await vhost.drop();
});

/** An index whose first write takes until it is let go. */
function slowIndex() {
  let letGo = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const written: string[] = [];
  const add = async (letters: readonly Letter[]) => {
    written.push(...letters.map(({ content }) => content.toString()));
    await gate;
  };
  const has = (text: string) => eventually(() => written.includes(text));
  return { add, has, letGo };
}

test('what comes on a new channel while a copy of the old one is being written is acknowledged', async () => {
  const index = slowIndex();
  const feed = new IndexFeed({ connection: broker.consuming, index, observer });
  await feed.start();
  const channel = await broker.publishing.createConfirmChannel();
  const park = async (text: string) => {
    channel.publish(DEAD_LETTER_EXCHANGE, 'a-service', Buffer.from(text));
    await channel.waitForConfirms();
  };
  await park('first');
  await index.has('first');
  // The broker cancels the consumer, which goes on with another channel and the queue made anew.
  await channel.deleteQueue(queue);
  await eventually(async () => (await consumersOf()) > 0);
  await park('second');
  index.letGo();
  await index.has('second');
  await feed.stop();
  expect((await channel.checkQueue(queue)).messageCount).toBe(0);
  await channel.close();

  async function consumersOf(): Promise<number> {
    const probe = await broker.publishing.createChannel();
    probe.on('error', () => undefined);
    try {
      return (await probe.checkQueue(queue)).consumerCount;
    } catch {
      return 0;
    } finally {
      await probe.close().catch(() => undefined);
    }
  }
});
