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
 * without a word. The look at a queue that is gone closes the channel, so that it is opened, and all of it declared, anew. Whose consumer
 * it was that has gone from among several cannot be asked: each subscribes again, which does nothing to those that are still there.
 *
 * @param consumer that should be on the queue while it is subscribed
 * @param lost called when the queue is there and nobody consumes it
 * @param fewer called when fewer consume it than at the look before
 */
export function watchQueue(
  channel: Channel,
  { topology, watchEvery = WATCH_EVERY }: Watched,
  consumer: { readonly subscribed: boolean },
  { lost, fewer }: { lost(): void; fewer(): void },
): void {
  let known = 0;
  const look = async () => {
    const before = consumer.subscribed;
    const { consumerCount } = await channel.checkQueue(topology.queue);
    const went = consumerCount < known;
    known = consumerCount;
    if (!before || !consumer.subscribed) return;
    if (consumerCount === 0) lost();
    else if (went) fewer();
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
