import { reasonOf } from '@quickstep/shared/pipeline';
import type { Channel, ConsumeMessage } from 'amqplib';

const PAGE = 500;
/** How long the broker is given to hand out what it says it has, in milliseconds, and how often. */
const IDLE = 100;
const IDLE_AT_MOST = 100;

/** One page of messages, unsettled. A consumer gets no more than its prefetch; once cancelled it gets none for what is settled. */
async function pageOf(channel: Channel, queue: string): Promise<ConsumeMessage[]> {
  const messages: ConsumeMessage[] = [];
  let wake: () => void = () => undefined;
  let cancelled = false;
  const take = (message: ConsumeMessage | null) => {
    if (message === null) cancelled = true;
    else messages.push(message);
    wake();
  };
  await channel.prefetch(PAGE);
  const { consumerTag } = await channel.consume(queue, take);
  while (messages.length < PAGE && !cancelled) {
    const before = messages.length;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE);
      wake = () => {
        if (messages.length < PAGE && !cancelled) return;
        clearTimeout(timer);
        resolve();
      };
    });
    if (messages.length === before) break;
  }
  if (cancelled) throw new Error(`${queue} was deleted while it was read`);
  await channel.cancel(consumerTag);
  return messages;
}

/**
 * Takes every message of a queue into its hands, page by page, without settling any: they go back when the channel closes. There is no
 * other way to look at all of a queue, or to take one particular message out of it.
 *
 * @throws Error when the broker does not hand out what it says is there, or closes the channel
 */
export async function holdQueue(
  channel: Channel,
  queue: string,
  each: (messages: readonly ConsumeMessage[]) => Promise<void>,
): Promise<void> {
  for (let idle = 0; idle < IDLE_AT_MOST; idle++) {
    const messages = await pageOf(channel, queue);
    if (messages.length > 0) {
      idle = 0;
      await each(messages);
    } else if ((await channel.checkQueue(queue)).messageCount === 0) return;
  }
  throw new Error(`${queue} has messages that the broker does not hand out`);
}

/**
 * Runs something on a channel of its own, which is closed after: whatever was not settled on it goes back to its queue. When the broker closes
 * it before, the work is told by the signal and waited for: while it goes on nobody may begin the same.
 *
 * @throws Error when the channel was closed before the work had ended
 */
export async function withChannel<Result>(
  channel: Channel,
  use: (channel: Channel, lost: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const closing = new AbortController();
  let failure: unknown;
  channel.on('error', (error) => {
    failure = error;
  });
  channel.once('close', () => {
    closing.abort(new Error(`the channel was closed: ${failure === undefined ? '' : reasonOf(failure)}`));
  });
  try {
    const result = await use(channel, closing.signal);
    closing.signal.throwIfAborted();
    return result;
  } catch (error) {
    // What fails on a closed channel fails because of that.
    throw closing.signal.aborted ? closing.signal.reason : error;
  } finally {
    await channel.close().catch(() => undefined);
  }
}
