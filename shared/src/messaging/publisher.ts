import type { ConfirmChannel, RecoveringChannelModel } from 'amqplib';
import { exchangesOf, streamOf, type Topology } from '../choreography/index.js';
import type { Fate, Observer, OutgoingEvent, Publisher } from '../pipeline/index.js';
import { ConfirmWindow, type Pending } from './confirm-window.js';
import { gatherWrites } from './gather.js';
import { BATCH_LIMITS, batchedMessages, type EventMessage, type Message, singleMessages } from './messages.js';
import { RecoveringChannel } from './recovering-channel.js';
import { checkLayout, declareExchanges } from './topology.js';

export interface AmqpPublisherOptions {
  readonly connection: RecoveringChannelModel;
  readonly topology: Topology;
  readonly observer: Pick<Observer, 'trouble'>;
  /** See `Broker`: messages then carry its name, which the broker checks, and exchanges are only looked for. Default: no. */
  readonly ownAccount?: boolean;
  /** Many events in one message: 2 to 2.5 times the throughput, less readable in the management UI. Default off. */
  readonly batched?: boolean;
  /** How long the broker may take to confirm a message, in milliseconds. Default 30 000. */
  readonly confirmTimeout?: number;
}

/** An event counts as not published when the broker has not confirmed it for so long. Milliseconds. */
const CONFIRM_TIMEOUT = 30_000;

const failed = (events: readonly OutgoingEvent[]) => events.map((): Fate => 'failed');

/** Names a message for matching its return; the return of one copy of an event says nothing about its other copies. */
const nameOf = (exchange: string, routingKey: string, id: unknown) => `${exchange} ${routingKey} ${id}`;

/** Publishes on one confirm channel, with many messages in flight. The outbox keeps what it fails to deliver. */
export class AmqpPublisher implements Publisher {
  readonly #options: AmqpPublisherOptions;
  readonly #channel: RecoveringChannel<ConfirmChannel>;
  #returned = new Set<string>();
  #gather: () => void = () => undefined;
  /** By exchange and routing key: as many as there are types of event and of copy. */
  readonly #windows = new Map<string, ConfirmWindow>();
  #blocked = false;
  #stopped = false;

  constructor(options: AmqpPublisherOptions) {
    const { connection, topology, observer } = options;
    this.#options = options;
    this.#channel = new RecoveringChannel({
      name: `${topology.queue}: publishing`,
      observer,
      create: () => connection.createConfirmChannel(),
      prepare: (channel) => this.#prepare(channel),
      opened: () => {
        for (const window of this.#windows.values()) window.opened();
      },
      closed: () => {
        for (const window of this.#windows.values()) window.failWaiting();
      },
    });
    connection.on('blocked', () => this.#setBlocked(true));
    connection.on('unblocked', () => this.#setBlocked(false));
    connection.on('disconnect', () => this.#setBlocked(false));
  }

  /** Whether events are taken right now. */
  get ready(): boolean {
    return this.#channel.current !== undefined && !this.#blocked && !this.#stopped;
  }

  /** @throws BrokerRefused when an exchange cannot be declared, or is missing */
  start(): Promise<void> {
    return this.#channel.start();
  }

  /** Fails what is still under way; await your publishes before. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const window of this.#windows.values()) window.close();
    await this.#channel.stop();
  }

  /** Fails at once while the broker is away: the outbox is swept when it is back. */
  publish(events: readonly OutgoingEvent[]): Promise<readonly Fate[]> {
    if (events.length === 0) return Promise.resolve([]);
    if (!this.ready) return Promise.resolve(failed(events));
    const messages = this.#messagesOf(events);
    return new Promise((resolve) => {
      const fates = failed(events);
      let open = messages.length;
      for (const message of messages) {
        const settle = (fate: Fate) => {
          for (const position of message.positions) fates[position] = fate;
          if (--open === 0) resolve(fates);
        };
        this.#enqueue({ message, count: message.positions.length, patient: false, settle });
      }
    });
  }

  /**
   * Publishes a copy of a received message and resolves when the broker has confirmed it. While the broker is away it waits: the
   * original is unsettled that long, which holds the consumer back.
   *
   * @throws Error when the broker did not take the copy, no queue wants it, or the publisher stopped
   */
  publishCopy(message: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (fate: Fate) => {
        if (fate === 'confirmed') resolve();
        else reject(new Error(`The copy for ${message.exchange} ${message.routingKey} was ${fate}`));
      };
      if (this.#stopped) settle('failed');
      else this.#enqueue({ message, count: 1, patient: true, settle });
    });
  }

  #messagesOf(events: readonly OutgoingEvent[]): EventMessage[] {
    const { topology, batched = false } = this.#options;
    return batched ? batchedMessages(events, topology.queue, BATCH_LIMITS) : singleMessages(events, topology.queue);
  }

  async #prepare(channel: ConfirmChannel): Promise<void> {
    const returned = new Set<string>();
    // The return of an unroutable message arrives before its confirm (https://www.rabbitmq.com/docs/confirms#when-publishes-are-confirmed),
    // and the confirm before the next return: the broker's channel sends what it has to say after each publish (3.10.8: 30,000 of 30,000).
    // So it does no harm that copies of messages without an id have one name.
    channel.on('return', ({ fields, properties }) =>
      returned.add(nameOf(fields.exchange, fields.routingKey, properties.messageId)),
    );
    const { topology, connection, ownAccount } = this.#options;
    if (ownAccount)
      await checkLayout(connection, topology.queue, { exchanges: exchangesOf(topology), queues: streamOf(topology).queues });
    else await declareExchanges(channel, topology);
    this.#returned = returned;
    this.#gather = gatherWrites(channel);
  }

  #enqueue(pending: Pending): void {
    const { exchange, routingKey } = pending.message;
    const key = `${exchange} ${routingKey}`;
    const window = this.#windows.get(key) ?? this.#newWindow(key);
    window.add(pending);
  }

  #newWindow(key: string): ConfirmWindow {
    const { topology, observer, confirmTimeout: timeout = CONFIRM_TIMEOUT } = this.#options;
    const window = new ConfirmWindow({
      timeout,
      open: () => this.#channel.current !== undefined,
      send: (message, done) => this.#send(message, done),
      overdue: () =>
        observer.trouble(`${topology.queue}: publishing: a message was not confirmed`, `no answer for ${timeout} ms to ${key}`),
    });
    this.#windows.set(key, window);
    return window;
  }

  #send({ exchange, routingKey, content, options }: Message, done: (fate: Fate) => void): void {
    const { topology, ownAccount } = this.#options;
    // Checked by the broker against the account of the connection (https://www.rabbitmq.com/docs/validated-user-id).
    const sent = ownAccount ? { ...options, userId: topology.queue } : options;
    const returned = this.#returned;
    const onConfirm = (error: unknown) => {
      const unroutable = returned.size > 0 && returned.delete(nameOf(exchange, routingKey, options.messageId));
      if (error !== null) done('failed');
      else done(unroutable ? 'returned' : 'confirmed');
    };
    this.#gather();
    try {
      this.#channel.current?.publish(exchange, routingKey, content, sent, onConfirm);
    } catch (error) {
      // Nothing was sent: the channel is closing, or the message cannot be encoded.
      this.#options.observer.trouble(`${topology.queue}: publishing: a message could not be sent`, error, {
        exchange,
        routingKey,
      });
      done('failed');
    }
  }

  #setBlocked(blocked: boolean): void {
    this.#blocked = blocked;
  }
}
