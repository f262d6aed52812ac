import type { ConfirmChannel, RecoveringChannelModel } from 'amqplib';
import type { Topology } from '../choreography/index.js';
import type { Fate, Observer, OutgoingEvent, Publisher } from '../pipeline/index.js';
import { gatherWrites } from './gather.js';
import { BATCH_LIMITS, type BatchLimits, batchedMessages, type EventMessage, type Message, singleMessages } from './messages.js';
import { RecoveringChannel } from './recovering-channel.js';
import { declareExchanges } from './topology.js';

export interface AmqpPublisherOptions {
  readonly connection: RecoveringChannelModel;
  readonly topology: Topology;
  readonly observer: Pick<Observer, 'trouble'>;
  /** Many events in one message: 2 to 2.5 times the throughput, less readable in the management UI. Default off. */
  readonly batched?: boolean;
  readonly batchLimits?: BatchLimits;
}

/** Events sent and not yet confirmed, at most; what comes on top waits in memory. */
const IN_FLIGHT_LIMIT = 4_000;
/** Messages that wait, at most. A broker that is slower than the database for so long gets the rest from the outbox. */
const WAITING_LIMIT = 20_000;

interface Pending {
  readonly message: Message;
  /** Events it carries. */
  readonly count: number;
  /** Waits for the broker to come back, rather than fail. */
  readonly patient: boolean;
  settle(fate: Fate): void;
}

const failed = (events: readonly OutgoingEvent[]) => events.map((): Fate => 'failed');

/** Names a message for matching its return; the return of one copy of an event says nothing about its other copies. */
const nameOf = (exchange: string, routingKey: string, id: unknown) => `${exchange} ${routingKey} ${id}`;

/** Publishes on one confirm channel, with as many messages in flight as come. The outbox keeps what it fails to deliver. */
export class AmqpPublisher implements Publisher {
  readonly #options: AmqpPublisherOptions;
  readonly #channel: RecoveringChannel<ConfirmChannel>;
  #returned = new Set<string>();
  #gather: () => void = () => undefined;
  #waiting: Pending[] = [];
  #inFlight = 0;
  #blocked = false;
  #flushing = false;
  #stopped = false;

  constructor(options: AmqpPublisherOptions) {
    const { connection, topology, observer } = options;
    this.#options = options;
    this.#channel = new RecoveringChannel({
      name: `${topology.queue}: publishing`,
      observer,
      create: () => connection.createConfirmChannel(),
      prepare: (channel) => this.#prepare(channel),
      opened: () => this.#flush(),
      closed: () => this.#failImpatient(),
    });
    connection.on('blocked', () => this.#setBlocked(true));
    connection.on('unblocked', () => this.#setBlocked(false));
    connection.on('disconnect', () => this.#setBlocked(false));
  }

  /** Whether events are taken right now. */
  get ready(): boolean {
    return this.#channel.current !== undefined && !this.#blocked && !this.#stopped;
  }

  /** @throws BrokerRefused when an exchange cannot be declared */
  start(): Promise<void> {
    return this.#channel.start();
  }

  /** Fails what is still under way; await your publishes before. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { settle } of this.#waiting.splice(0)) settle('failed');
    await this.#channel.stop();
  }

  /** Fails at once while the broker is away: the outbox is swept when it is back. */
  publish(events: readonly OutgoingEvent[]): Promise<readonly Fate[]> {
    if (events.length === 0) return Promise.resolve([]);
    if (!this.ready || this.#waiting.length >= WAITING_LIMIT) return Promise.resolve(failed(events));
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
    const { topology, batched = false, batchLimits = BATCH_LIMITS } = this.#options;
    return batched ? batchedMessages(events, topology.queue, batchLimits) : singleMessages(events, topology.queue);
  }

  async #prepare(channel: ConfirmChannel): Promise<void> {
    const returned = new Set<string>();
    // The return of an unroutable message arrives before its confirm (https://www.rabbitmq.com/docs/confirms#when-publishes-are-confirmed).
    channel.on('return', ({ fields, properties }) =>
      returned.add(nameOf(fields.exchange, fields.routingKey, properties.messageId)),
    );
    await declareExchanges(channel, this.#options.topology);
    this.#returned = returned;
    this.#gather = gatherWrites(channel);
  }

  #enqueue(pending: Pending): void {
    const channel = this.#channel.current;
    if (channel !== undefined && this.#waiting.length === 0 && this.#inFlight < IN_FLIGHT_LIMIT) this.#send(channel, pending);
    else this.#waiting.push(pending);
  }

  #send(channel: ConfirmChannel, pending: Pending): void {
    const { exchange, routingKey, content, options } = pending.message;
    const returned = this.#returned;
    const onConfirm = (error: unknown) => {
      this.#inFlight -= pending.count;
      this.#flushSoon();
      if (error !== null) return pending.settle('failed');
      const unroutable = returned.size > 0 && returned.delete(nameOf(exchange, routingKey, options.messageId));
      pending.settle(unroutable ? 'returned' : 'confirmed');
    };
    this.#inFlight += pending.count;
    this.#gather();
    try {
      channel.publish(exchange, routingKey, content, options, onConfirm);
    } catch (error) {
      // Nothing was sent: the channel is closing, or the message cannot be encoded.
      this.#inFlight -= pending.count;
      this.#options.observer.trouble(`a message for ${exchange} ${routingKey} could not be sent`, error);
      pending.settle('failed');
    }
  }

  /** Not within the confirm itself: a channel that closes fails its confirms before it says that it is closed. */
  #flushSoon(): void {
    if (this.#flushing || this.#waiting.length === 0) return;
    this.#flushing = true;
    process.nextTick(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const channel = this.#channel.current;
    if (channel === undefined) return;
    const waiting = this.#waiting;
    let sent = 0;
    for (; sent < waiting.length && this.#inFlight < IN_FLIGHT_LIMIT; sent++) {
      const pending = waiting[sent];
      if (pending !== undefined) this.#send(channel, pending);
    }
    waiting.splice(0, sent);
  }

  #failImpatient(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ patient }) => patient);
    for (const { patient, settle } of waiting) if (!patient) settle('failed');
  }

  #setBlocked(blocked: boolean): void {
    this.#blocked = blocked;
  }
}
