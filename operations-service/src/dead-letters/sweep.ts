import { isMissing } from '@quickstep/shared/messaging';
import type { Channel, ConsumeMessage, RecoveringChannelModel } from 'amqplib';
import type { DeadLetterIndex } from '../db/dead-letter-index.js';
import { holdQueue, withChannel } from './hold-queue.js';
import { letterOf } from './letter.js';

export const deadLetterQueueOf = (service: string) => `${service}.dead-letter`;

const NOTHING = Buffer.alloc(0);

/** A message without its content and headers: thousands are held at once. */
const slim = ({ properties, ...message }: ConsumeMessage): ConsumeMessage => ({
  ...message,
  properties: { ...properties, headers: undefined },
  content: NOTHING,
});

/** Messages of one queue that are in our hands. */
export interface Held {
  readonly channel: Channel;
  readonly messages: ReadonlyMap<string, readonly ConsumeMessage[]>;
}

/** What is in our hands for now. */
export interface Hold {
  readonly queues: ReadonlyMap<string, Held>;
  /** The broker has closed a channel: it may hand out to others what was held on it, and nothing can be acknowledged. */
  readonly lost: AbortSignal;
  /** It is time to let go. */
  readonly over: AbortSignal;
}

/** Half of what the broker allows between a delivery and its acknowledgement (`consumer_timeout`: 30 minutes), in milliseconds. */
const HOLD_MS = 15 * 60_000;

/**
 * Meets every message of a service's dead-letter queue: what the index does not know is added; what an operator has dealt with already
 * leaves the queue (the service was stopped before it could acknowledge it); what is wanted is held; everything else stays.
 */
async function sortQueue(channel: Channel, service: string, index: DeadLetterIndex, wanted: ReadonlySet<string>): Promise<Held> {
  const messages = new Map<string, ConsumeMessage[]>();
  const others: { readonly tags: number[]; like?: ConsumeMessage } = { tags: [] };
  await holdQueue(channel, deadLetterQueueOf(service), async (page) => {
    const met = page.map((message) => ({ message, letter: letterOf(message) }));
    const states = await index.seen(met.map(({ letter }) => letter));
    for (const { message, letter } of met) {
      const state = states.get(letter.id);
      if (state === 'redriven' || state === 'discarded') channel.ack(message);
      else if (wanted.has(letter.id)) messages.set(letter.id, [...(messages.get(letter.id) ?? []), slim(message)]);
      else if (wanted.size > 0) {
        others.tags.push(message.fields.deliveryTag);
        others.like ??= slim(message);
      }
    }
  });
  // When nothing is wanted the channel is closed at once, and gives back what it holds by itself.
  const { tags, like } = others;
  if (like !== undefined)
    for (const deliveryTag of tags) channel.nack({ ...like, fields: { ...like.fields, deliveryTag } }, false, true);
  return { channel, messages };
}

/** Compares a whole queue with the index. @returns how many letters are gone from it now */
export async function reconcileQueue(
  connection: RecoveringChannelModel,
  index: DeadLetterIndex,
  service: string,
): Promise<number> {
  const began = await index.now();
  if (!(await isMissing(connection, deadLetterQueueOf(service)))) {
    await withChannel(await connection.createChannel(), (channel) => sortQueue(channel, service, index, new Set()));
  }
  return index.notSeen(service, began);
}

/**
 * Takes the wanted messages of queues into our hands, and uses them; what is not acknowledged then goes back.
 *
 * @throws Error when the broker has closed a channel meanwhile; the use of them has ended then, too
 */
export async function holdingLetters<Result>(
  connection: RecoveringChannelModel,
  index: DeadLetterIndex,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
  use: (hold: Hold) => Promise<Result>,
): Promise<Result> {
  const queues = new Map<string, Held>();
  const over = AbortSignal.timeout(HOLD_MS);
  type Wanted = readonly (readonly [string, ReadonlySet<string>])[];
  const open = async ([next, ...rest]: Wanted, signals: readonly AbortSignal[]): Promise<Result> => {
    if (next === undefined) return use({ queues, lost: AbortSignal.any([...signals]), over });
    const [service, ids] = next;
    if (await isMissing(connection, deadLetterQueueOf(service))) {
      // What lay in it is gone with it, and sent from the index.
      await index.notSeen(service, await index.now());
      return open(rest, signals);
    }
    return withChannel(await connection.createChannel(), async (channel, lost) => {
      queues.set(service, await sortQueue(channel, service, index, ids));
      return open(rest, [...signals, lost]);
    });
  };
  return open([...wanted], []);
}
