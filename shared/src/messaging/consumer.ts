import { once } from 'node:events';
import { hostname } from 'node:os';
import type { Channel, ConsumeMessage, RecoveringChannelModel } from 'amqplib';
import { LOG_EXCHANGE, layoutOf } from '../choreography/index.js';
import type { Delivery, Observer } from '../pipeline/index.js';
import { type BindingRecord, removeOutdatedBindings } from './bindings.js';
import { type Copying, deliveryOf } from './delivery.js';
import { type QueueWatchOptions, watchQueue } from './queue-watch.js';
import { RecoveringChannel } from './recovering-channel.js';
import { Settlements } from './settlements.js';
import { checkLayout, declareTopology, isMissing } from './topology.js';

/** Sees to what was missed, here and by others. */
export interface CatchUp {
  /** Before the queue is declared. @param missing whether it has to be created */
  prepare(missing: boolean): Promise<void>;
  /** The queue is there. */
  ask(): void;
  /** Answers another service's request; rejects when it is to be delivered again. @param gone aborts when it will be anyway */
  answer(body: string, routingKey: string, gone: AbortSignal): Promise<void>;
}

export interface AmqpConsumerOptions extends Copying, QueueWatchOptions {
  readonly connection: RecoveringChannelModel;
  readonly observer: Pick<Observer, 'trouble'>;
  /** See `Broker`: the topology is then only looked for. Default: no. */
  readonly ownAccount?: boolean;
  /** Unsettled messages that the broker hands out at most: twice the batch limit keeps a batch ready while one runs. */
  readonly prefetch: number;
  /** Tells what earlier versions of the service bound its queue to; without it bindings are only ever added. */
  readonly bindingRecord?: BindingRecord;
  readonly catchUp?: CatchUp;
  /** Takes a message; must not throw. It is settled through the delivery, exactly once. */
  deliver(delivery: Delivery): void;
}

/** Consumes the service's queue, and subscribes again whenever the broker, a channel or a connection ends that. */
export class AmqpConsumer {
  readonly #options: AmqpConsumerOptions;
  readonly #channel: RecoveringChannel<Channel>;
  #subscriptions = 0;
  #tag = '';
  #settlements: Settlements | undefined;
  #handedOut = 0;
  #unsettled = 0;
  #stopping = false;
  #paused = false;
  #switching: Promise<void> = Promise.resolve();
  #whenSettled: (() => void) | undefined;

  constructor(options: AmqpConsumerOptions) {
    this.#options = options;
    this.#channel = new RecoveringChannel({
      name: `${options.topology.queue}: consuming`,
      observer: options.observer,
      create: () => options.connection.createChannel(),
      prepare: (channel) => this.#prepare(channel),
      opened: () => this.#switch(),
    });
  }

  /** Whether the broker delivers to this consumer right now. */
  get subscribed(): boolean {
    return this.#channel.current !== undefined && this.#tag !== '' && !this.#stopping;
  }

  /** Messages that it was handed out, ever. */
  get handedOut(): number {
    return this.#handedOut;
  }

  /** Of these, how many it has not settled. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Why it cannot subscribe, as far as the broker says; undefined while it is subscribed or has not tried. */
  get failure(): string | undefined {
    return this.#channel.failure;
  }

  /** Whether it takes no messages for a while because it was told so. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Takes no more messages: they stay in the queue, for another replica perhaps. What was handed out stays handed out. */
  pause(): void {
    this.#paused = true;
    this.#switch();
  }

  /** Takes messages again. */
  resume(): void {
    this.#paused = false;
    this.#switch();
  }

  /** What waits in the service's queue, and how many take from it. @throws Error while the broker is away */
  async count(): Promise<{ readonly messageCount: number; readonly consumerCount: number }> {
    if (this.#channel.current === undefined) throw new Error('The broker is away');
    return this.#channel.current.checkQueue(this.#options.topology.queue);
  }

  /** Declares the topology, or looks for it, and subscribes. @throws BrokerRefused as `declareTopology` and `checkLayout` do */
  async start(): Promise<void> {
    await this.#channel.start();
    await this.#switching;
  }

  /**
   * Takes no more messages, waits until those handed out are settled, and closes the channel.
   *
   * @param signal ends the wait: what is not settled then is delivered again
   */
  async stop(signal?: AbortSignal): Promise<void> {
    this.#stopping = true;
    const finished = this.#finish();
    if (!signal?.aborted) await Promise.race([finished, ...(signal === undefined ? [] : [once(signal, 'abort')])]);
    this.#settlements?.flush();
    this.#settlements?.close();
    await this.#channel.stop();
  }

  async #finish(): Promise<void> {
    await this.#switching;
    await this.#cancel();
    if (this.#unsettled === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenSettled = resolve;
    });
  }

  /** One after the other: a cancellation and a subscription must not overtake each other. */
  #switch(): void {
    this.#switching = this.#switching.then(async () => {
      if (this.#stopping) return;
      if (this.#paused) await this.#cancel();
      else await this.#subscribe();
    });
  }

  /** A channel that is gone has nothing to cancel. */
  async #cancel(): Promise<void> {
    const tag = this.#tag;
    this.#tag = '';
    if (tag !== '') await this.#channel.current?.cancel(tag).catch(() => undefined);
  }

  /** Does nothing when it is subscribed already, or there is no channel: the next one is subscribed on when it has opened. */
  async #subscribe(): Promise<void> {
    const [channel, settlements] = [this.#channel.current, this.#settlements];
    if (this.#tag !== '' || channel === undefined || settlements === undefined) return;
    const { topology, catchUp, observer } = this.#options;
    const tag = `${topology.queue}-${hostname()}/${process.pid}-${++this.#subscriptions}`;
    const onMessage = (message: ConsumeMessage | null) => {
      if (message === null) this.#cancelled(channel, settlements);
      else this.#hand(message, settlements);
    };
    try {
      await channel.consume(topology.queue, onMessage, { consumerTag: tag });
      this.#tag = tag;
      catchUp?.ask();
    } catch (error) {
      // A channel that has closed meanwhile is opened again.
      observer.trouble(`${topology.queue}: subscribing failed`, error);
      this.#channel.renew(channel);
    }
  }

  async #prepare(channel: Channel): Promise<void> {
    const settlements = new Settlements(channel, this.#options.prefetch);
    channel.once('close', () => settlements.close());
    await this.#prepareCatchUp();
    await this.#provideTopology(channel);
    await channel.prefetch(this.#options.prefetch);
    this.#tag = '';
    this.#settlements = settlements;
    watchQueue(channel, this.#options, this, () => this.#cancelled(channel, settlements));
  }

  async #provideTopology(channel: Channel): Promise<void> {
    const { topology, connection, ownAccount } = this.#options;
    if (ownAccount) return checkLayout(connection, topology.queue, layoutOf(topology));
    await declareTopology(channel, topology);
    await removeOutdatedBindings(channel, this.#options);
  }

  async #prepareCatchUp(): Promise<void> {
    const { catchUp, connection, topology } = this.#options;
    if (catchUp !== undefined) await catchUp.prepare(await isMissing(connection, topology.queue));
  }

  #hand(message: ConsumeMessage, settlements: Settlements): void {
    // Unsettled when the channel closes, hence delivered again.
    if (this.#stopping) return;
    this.#handedOut++;
    this.#unsettled++;
    if (message.fields.exchange === LOG_EXCHANGE) void this.#answer(message, settlements);
    else this.#options.deliver(deliveryOf(message, this.#options, this.#settling(message, settlements)));
  }

  #settling(message: ConsumeMessage, settlements: Settlements) {
    return {
      ack: () => {
        settlements.ack(message);
        this.#settledOne();
      },
      requeue: () => {
        settlements.requeue(message);
        this.#settledOne();
      },
    };
  }

  /** A request for what stands in the service's log. */
  async #answer(message: ConsumeMessage, settlements: Settlements): Promise<void> {
    const { catchUp, observer, topology } = this.#options;
    try {
      await catchUp?.answer(message.content.toString(), message.fields.routingKey, settlements.gone);
      settlements.ack(message);
    } catch (error) {
      observer.trouble(`${topology.queue}: a request for events could not be answered; it is answered again`, error);
      settlements.requeue(message);
    }
    this.#settledOne();
  }

  /** The queue was deleted, its leader moved, or a delivery timed out. Tags of a cancelled consumer may be void: start afresh. */
  #cancelled(channel: Channel, settlements: Settlements): void {
    settlements.close();
    const what = `${this.#options.topology.queue}: the broker cancelled the consumer; subscribing again`;
    this.#options.observer.trouble(what, this.#tag);
    this.#channel.renew(channel);
  }

  #settledOne(): void {
    if (--this.#unsettled === 0) this.#whenSettled?.();
  }
}
