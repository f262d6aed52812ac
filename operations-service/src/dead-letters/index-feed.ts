import { isMissing, RecoveringChannel } from '@quickstep/shared/messaging';
import type { Observer } from '@quickstep/shared/pipeline';
import { operations } from '@quickstep/system';
import type { Channel, ConsumeMessage, RecoveringChannelModel } from 'amqplib';
import type { DeadLetterIndex } from '../db/dead-letter-index.js';
import { letterOf } from './letter.js';

const { name: QUEUE, bindings: BINDINGS, arguments: ARGUMENTS } = operations.deadLetterIndex;
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
      name: `${QUEUE}: consuming`,
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
    if (await isMissing(this.#options.connection, QUEUE)) {
      await channel.assertQueue(QUEUE, { durable: true, arguments: ARGUMENTS });
      for (const { exchange, routingKey } of BINDINGS) {
        await channel.assertExchange(exchange, 'topic', { durable: true });
        await channel.bindQueue(QUEUE, exchange, routingKey);
      }
    }
    await channel.prefetch(PREFETCH);
    const take = (message: ConsumeMessage | null) => {
      if (message === null) return this.#channel.renew(channel);
      if (waiting.push(message) === 1) this.#writing = this.#writing.then(() => this.#write(channel, waiting));
    };
    await channel.consume(QUEUE, take, { consumerTag: QUEUE });
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
