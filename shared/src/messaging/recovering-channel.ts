import { setTimeout as pause } from 'node:timers/promises';
import type { Channel } from 'amqplib';
import { type Observer, reasonOf } from '../pipeline/index.js';
import { BrokerRefused } from './errors.js';

export interface RecoveringChannelOptions<C extends Channel> {
  /** For reports: `order-service: consuming`. */
  readonly name: string;
  readonly observer: Pick<Observer, 'trouble'>;
  /** Creates a channel on a recovering connection, which waits while it is disconnected. */
  create(): Promise<C>;
  /** Puts on a new channel what belongs on it. */
  prepare(channel: C): Promise<void>;
  opened?(channel: C): void;
  closed?(): void;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * A channel that is opened again whenever it closes. amqplib recovers connections, but neither their channels nor a channel that
 * the broker closed alone (404, 406, delivery timeout).
 */
export class RecoveringChannel<C extends Channel> {
  readonly #options: RecoveringChannelOptions<C>;
  readonly #stopping = new AbortController();
  #channel: C | undefined;
  #openedAt = 0;
  #failures = 0;
  #failure: string | undefined;

  constructor(options: RecoveringChannelOptions<C>) {
    this.#options = options;
  }

  /** The channel, while there is one. */
  get current(): C | undefined {
    return this.#channel;
  }

  /** Why the latest attempt to open it failed, until one succeeds. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Resolves when the channel is open for the first time. @throws BrokerRefused when trying again cannot help */
  async start(): Promise<void> {
    await this.#openUntil((error) => error instanceof BrokerRefused);
  }

  /** Closes the channel for good; resolves when the broker has dealt with everything sent on it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const channel = this.#channel;
    this.#channel = undefined;
    if (channel !== undefined) await closeQuietly(channel);
  }

  /** Gives up a channel that is open but of no use any more, and opens another. */
  renew(channel: C): void {
    this.#lose(channel);
    void closeQuietly(channel);
  }

  #lose(channel: C): void {
    if (channel !== this.#channel) return;
    this.#channel = undefined;
    this.#options.closed?.();
    void this.#reopen();
  }

  async #openUntil(hopeless: (error: unknown) => boolean): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        return await this.#open();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        if (hopeless(error)) throw error;
        this.#failure = reasonOf(error);
        this.#options.observer.trouble(`${this.#options.name}: the channel could not be opened; trying again`, error);
        await this.#wait();
      }
    }
  }

  async #open(): Promise<void> {
    const { name, observer, create, prepare, opened } = this.#options;
    const channel = await create();
    let ended: string | undefined;
    channel.on('error', (error) => {
      ended = reasonOf(error);
      if (channel === this.#channel) observer.trouble(`${name}: the broker closed the channel; opening another`, error);
    });
    channel.once('close', () => {
      ended ??= 'the connection was lost';
      this.#lose(channel);
    });
    try {
      await prepare(channel);
      if (ended !== undefined) throw new Error(ended);
    } catch (error) {
      await closeQuietly(channel);
      throw error;
    }
    if (this.#stopping.signal.aborted) return closeQuietly(channel);
    this.#channel = channel;
    this.#failure = undefined;
    this.#openedAt = performance.now();
    opened?.(channel);
  }

  async #reopen(): Promise<void> {
    // A channel that is closed again and again right after it opened must not spin.
    if (performance.now() - this.#openedAt > LONGEST_DELAY_MS) this.#failures = 0;
    await this.#wait();
    await this.#openUntil(() => false);
  }

  async #wait(): Promise<void> {
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures++);
    await pause(delay, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

/** Closing throws when the channel is closed already, and never answers when the connection is lost meanwhile: only the event comes. */
async function closeQuietly(channel: Channel): Promise<void> {
  await new Promise<void>((resolve) => {
    channel.once('close', resolve);
    channel.close().then(
      () => resolve(),
      () => resolve(),
    );
  });
}
