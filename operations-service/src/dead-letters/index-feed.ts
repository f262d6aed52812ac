import { DEAD_LETTER_EXCHANGE } from '@quickstep/shared/choreography';
import { isMissing, RecoveringChannel } from '@quickstep/shared/messaging';
import type { Observer } from '@quickstep/shared/pipeline';
import type { Channel, ConsumeMessage, RecoveringChannelModel } from 'amqplib';
import type { DeadLetterIndex } from '../db/dead-letter-index.js';
import { letterOf } from './letter.js';

export const INDEX_QUEUE = 'operations-service.dead-letters';

/**
 * While nobody reads it, it keeps the latest: parking must go on, and a pass over the queues finds what is missing. Not
 * `reject-publish`, which would refuse the parked message itself.
 */
const ARGUMENTS = { 'x-queue-type': 'quorum', 'x-max-length': 100_000, 'x-overflow': 'drop-head' };
const PREFETCH = 500;
const AGAIN_AFTER_MS = 1_000;

export interface IndexFeedOptions {
  readonly connection: RecoveringChannelModel;
  readonly index: Pick<DeadLetterIndex, 'add'>;
  readonly observer: Pick<Observer, 'trouble'>;
}

/** Takes the copy of each parked message into the index, and acknowledges it once it is committed. */
export class IndexFeed {
  readonly #options: IndexFeedOptions;
  readonly #channel: RecoveringChannel<Channel>;
  #writing: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: IndexFeedOptions) {
    this.#options = options;
    this.#channel = new RecoveringChannel({
      name: `${INDEX_QUEUE}: consuming`,
      observer: options.observer,
      create: () => options.connection.createChannel(),
      prepare: (channel) => this.#subscribe(channel),
    });
  }

  get subscribed(): boolean {
    return this.#channel.current !== undefined;
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#writing;
    await this.#channel.stop();
  }

  async #subscribe(channel: Channel): Promise<void> {
    // Of this channel only: on another the broker knows nothing of its deliveries.
    const waiting: ConsumeMessage[] = [];
    // Where the account may declare nothing, the queue has been imported with the definitions.
    if (await isMissing(this.#options.connection, INDEX_QUEUE)) {
      await channel.assertExchange(DEAD_LETTER_EXCHANGE, 'topic', { durable: true });
      await channel.assertQueue(INDEX_QUEUE, { durable: true, arguments: ARGUMENTS });
      await channel.bindQueue(INDEX_QUEUE, DEAD_LETTER_EXCHANGE, '#');
    }
    await channel.prefetch(PREFETCH);
    const take = (message: ConsumeMessage | null) => {
      if (message === null) return this.#channel.renew(channel);
      if (waiting.push(message) === 1) this.#writing = this.#writing.then(() => this.#write(channel, waiting));
    };
    await channel.consume(INDEX_QUEUE, take, { consumerTag: INDEX_QUEUE });
  }

  async #write(channel: Channel, waiting: ConsumeMessage[]): Promise<void> {
    // What has arrived by the end of this turn goes into one statement.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#stopping) return;
    const messages = waiting.splice(0);
    try {
      await this.#options.index.add(messages.map(letterOf));
      for (const message of messages) channel.ack(message);
    } catch (error) {
      this.#options.observer.trouble('parked messages could not be written to the index; it is tried again', error);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
      // All that is unsettled is delivered again on another channel.
      this.#channel.renew(channel);
      waiting.splice(0);
    }
  }
}
