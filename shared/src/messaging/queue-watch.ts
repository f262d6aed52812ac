import type { Channel } from 'amqplib';

export interface QueueWatchOptions {
  /** How often to look whether the queue is still there, in milliseconds. Default 5 000. */
  readonly watchEvery?: number;
}

interface Watched extends QueueWatchOptions {
  readonly topology: { readonly queue: string };
}

const WATCH_EVERY = 5_000;

/**
 * The broker does not always say when it takes a consumer away: in a cluster (seen on 3.10.8) a queue whose leader has moved is deleted
 * without a word. The look at a queue that is gone closes the channel, so that it is opened, and all of it declared, anew.
 *
 * @param consumer that should be on the queue while it is subscribed
 * @param lost called when the queue is there and nobody consumes it
 */
export function watchQueue(
  channel: Channel,
  { topology, watchEvery = WATCH_EVERY }: Watched,
  consumer: { readonly subscribed: boolean },
  lost: () => void,
): void {
  const look = async () => {
    const before = consumer.subscribed;
    const { consumerCount } = await channel.checkQueue(topology.queue);
    if (consumerCount === 0 && before && consumer.subscribed) lost();
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
