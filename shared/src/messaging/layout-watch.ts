import type { Channel, ChannelModel } from 'amqplib';
import { type Layout, layoutOf, type Topology } from '../choreography/index.js';
import { type Observer, reasonOf } from '../pipeline/index.js';
import { declareLayout } from './topology.js';

export interface LayoutWatchOptions {
  readonly connection: Pick<ChannelModel, 'createChannel'>;
  readonly topology: Topology;
  readonly observer: Pick<Observer, 'trouble'>;
  /** See `Broker`: nothing is declared then, and what is missing is only told. Default: no. */
  readonly ownAccount?: boolean;
  /** Whether no later version of the service has bound its queue otherwise: an earlier one must not bring back what that has removed. */
  isLatest?(): Promise<boolean>;
  /** How often to look whether the queues are there, in milliseconds; bindings are declared anew at each third look. Default 5 000. */
  readonly watchEvery?: number;
  /** A queue was gone and is there again. */
  recreated?(queue: string): void;
}

const WATCH_EVERY = 5_000;
/** AMQP cannot ask for a binding, so it is declared: some ten round trips. */
const BINDINGS_EVERY = 3;

/**
 * Sees to it that what was deleted at the broker while the service runs comes back: the dead-letter queue, the wait queues, the bindings. Of the
 * service's own queue the consumer takes care (`watchQueue`), as what it has missed is to be asked for. On a channel of its own, which the
 * broker closes when a queue is missing; one look at a time, and none while the broker is away.
 */
export class LayoutWatch {
  readonly #options: LayoutWatchOptions;
  readonly #layout: Layout;
  #timer: NodeJS.Timeout | undefined;
  #channel: Promise<Channel> | undefined;
  /** While it is open. */
  #current: Channel | undefined;
  #looking = false;
  #looks = 0;
  #reported = '';

  constructor(options: LayoutWatchOptions) {
    const { queues, bindings } = layoutOf(options.topology);
    const own = options.topology.queue;
    this.#options = options;
    this.#layout = {
      exchanges: [],
      queues: queues.filter(({ name }) => name !== own),
      // Last those that fail while the service's own queue is not there.
      bindings: [...bindings.filter(({ queue }) => queue !== own), ...bindings.filter(({ queue }) => queue === own)],
    };
  }

  async start(): Promise<void> {
    await this.#open();
    this.#timer = setInterval(() => void this.#look(), this.#options.watchEvery ?? WATCH_EVERY);
  }

  /** The channel ends with its connection at the latest. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const channel = this.#channel;
    this.#channel = undefined;
    void channel?.then((open) => open.close()).catch(() => undefined);
  }

  /** How many messages are parked. @throws Error at once while the broker is away; when the dead-letter queue is missing */
  async parked(): Promise<number> {
    if (this.#current === undefined) throw new Error('The broker is away');
    return (await this.#current.checkQueue(this.#options.topology.deadLetterQueue)).messageCount;
  }

  async #look(): Promise<void> {
    // A channel is waited for while the broker is away, and an answer while a cluster has no majority.
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#restore(await this.#missing());
    } catch (error) {
      this.#report('the layout could not be looked after; it is tried again', reasonOf(error));
    } finally {
      this.#looking = false;
    }
  }

  async #missing(): Promise<string[]> {
    const missing: string[] = [];
    for (const { name } of this.#layout.queues) {
      try {
        await (await this.#open()).checkQueue(name);
      } catch (error) {
        if (!/\b404 \(/.test(reasonOf(error))) throw error;
        missing.push(name);
      }
    }
    return missing;
  }

  async #restore(missing: readonly string[]): Promise<void> {
    const { topology, ownAccount, observer, recreated, isLatest } = this.#options;
    const due = missing.length > 0 || this.#looks++ % BINDINGS_EVERY === 0;
    const names = missing.map((name) => `"${name}"`).join(', ');
    if (ownAccount) return this.#report(missing.length > 0 ? 'queues are missing; set the system up again' : '', names);
    if (!due || (await isLatest?.()) === false || this.#timer === undefined) return;
    // One that goes in this moment is missed by its binding, and told at the next look.
    const queues = this.#layout.queues.filter(({ name }) => missing.includes(name));
    await declareLayout(await this.#open(), { ...this.#layout, queues });
    for (const name of missing) recreated?.(name);
    if (missing.length > 0) observer.trouble(`${topology.queue}: queues were gone and had to be created again`, names);
    this.#report('', '');
  }

  #open(): Promise<Channel> {
    this.#channel ??= this.#create();
    return this.#channel;
  }

  async #create(): Promise<Channel> {
    const gone = () => {
      this.#channel = undefined;
      this.#current = undefined;
    };
    try {
      const channel = await this.#options.connection.createChannel();
      channel.on('error', () => undefined);
      channel.once('close', gone);
      this.#current = channel;
      return channel;
    } catch (error) {
      gone();
      throw error;
    }
  }

  /** Once, until something else is the matter. */
  #report(what: string, reason: string): void {
    const { topology, observer } = this.#options;
    const told = `${what} ${reason}`.trim();
    if (told !== '' && told !== this.#reported && this.#timer !== undefined)
      observer.trouble(`${topology.queue}: ${what}`, reason);
    this.#reported = told;
  }
}
