import type { Channel } from 'amqplib';

export interface QueueWatchOptions {
  /** How often to look whether the queue is still there, in milliseconds. Default 5 000. */
  readonly watchEvery?: number;
}

interface Watched extends QueueWatchOptions {
  readonly topology: { readonly queue: string };
}

const WATCH_EVERY = 5_000;

/** What the look at its queue is compared with. */
interface Watching {
  readonly subscribed: boolean;
  /** Messages that it was handed out, ever. */
  readonly handedOut: number;
  /** Of these, how many it has not settled. */
  readonly unsettled: number;
}

/**
 * The broker does not always say when it takes a consumer away: in a cluster (seen on 3.10.8) a queue whose leader has moved is deleted
 * without a word. The look at a queue that is gone closes the channel, so that it is opened, and all of it declared, anew. That others
 * consume the queue says nothing of this consumer: it is given up when messages wait at two looks and it, with nothing to do, got none.
 *
 * @param consumer that should be on the queue while it is subscribed
 * @param lost called when the queue is there and the consumer is not on it
 */
export function watchQueue(
  channel: Channel,
  { topology, watchEvery = WATCH_EVERY }: Watched,
  consumer: Watching,
  lost: () => void,
): void {
  /** What it had been handed out when messages waited at the look before; undefined when none did. */
  let passedOver: number | undefined;
  const look = async () => {
    const before = consumer.subscribed;
    const { consumerCount, messageCount } = await channel.checkQueue(topology.queue);
    if (!before || !consumer.subscribed) return;
    const { handedOut, unsettled } = consumer;
    if (consumerCount === 0 || (unsettled === 0 && messageCount > 0 && handedOut === passedOver)) lost();
    passedOver = messageCount > 0 ? handedOut : undefined;
  };
  // A queue without a leader may not answer for long: nothing is asked meanwhile.
  let looking = false;
  const timer = setInterval(async () => {
    if (looking) return;
    looking = true;
    await look().catch(() => undefined);
    looking = false;
  }, watchEvery);
  channel.once('close', () => clearInterval(timer));
}
