import { LOG_PAGE_BYTES } from '@quickstep/shared/db';
import type { Logger } from '@quickstep/shared/logging';
import { type Clock, reasonOf } from '@quickstep/shared/pipeline';
import { type FeedClient, PAGE, WAIT } from './feed-client.js';
import { type FeedLine, isReadable, readPage } from './feed-page.js';
import type { FeedPositions } from './feed-positions.js';
import { MANY, rest, untilTick } from './pace.js';

/**
 * A feed is asked so often at most, in milliseconds, unless there is more at once: an event that is stored alone takes ten times the
 * processor time of one in a page of ten, and a service that stops, or has too many readers, answers at once that there is nothing.
 */
const READ_EVERY = 100;
/** Waits between attempts while a service, or the database, is away: from the first to the longest, in milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5_000;

export interface FollowerOptions {
  readonly service: string;
  readonly feed: FeedClient;
  readonly positions: Pick<FeedPositions, 'cursorOf' | 'store'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How it stands with a follower. */
export interface FollowerState {
  /** Seconds by which the archive may be behind the service's log. */
  readonly lag: number;
  /** Why the log cannot be read, while it cannot. */
  readonly failure: string | undefined;
  /** Whether the log has answered since the start: before that the lag says nothing. */
  readonly asked: boolean;
}

/** Brings what one service has emitted, and emits, into the archive, page by page. */
export class Follower {
  readonly service: string;
  readonly #options: FollowerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #failure: string | undefined;
  /** The latest time up to which everything has been read: of the last event while there are more, of the answer when there were none. */
  #readUpTo: Date;
  #asked = false;
  #atEnd = false;
  #crowded = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.service = options.service;
    this.#readUpTo = options.clock.now();
  }

  get state(): FollowerState {
    const behind = Math.max(0, (this.#options.clock.now().getTime() - this.#readUpTo.getTime()) / 1_000);
    // At the end it waits for an answer, which comes with the next event; not after a crowd.
    const lag = this.#atEnd && !this.#crowded && this.#failure === undefined ? 0 : behind;
    return { lag, failure: this.#failure, asked: this.#asked };
  }

  start(): void {
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#readOn(() => {
          pause = FIRST_PAUSE;
        });
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#failed(reasonOf(error));
        await this.#rest(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  }

  /** @param stored called after each page. @throws Error when the feed or the database does not answer */
  async #readOn(stored: () => void): Promise<void> {
    const { service, feed, positions, clock } = this.#options;
    const { signal } = this.#stopping;
    let cursor = await positions.cursorOf(service);
    // The first answer says that the log can be read: at the start and after a failure it must not wait for an event.
    let wait = 0;
    while (!signal.aborted) {
      const asked = clock.now();
      const text = await feed.read(cursor, wait, signal);
      const lines = readPage(text, asked);
      wait = WAIT;
      if (lines.length > 0) cursor = await positions.store(service, cursor, lines);
      this.#recovered();
      this.#atEnd = lines.length < PAGE && Buffer.byteLength(text) < LOG_PAGE_BYTES;
      this.#read(lines, asked);
      stored();
      if (this.#atEnd) await this.#rest(this.#pause(asked));
    }
  }

  #pause(asked: Date): number {
    const now = this.#options.clock.now();
    if (this.#crowded) return untilTick(now);
    return Math.max(0, READ_EVERY - (now.getTime() - asked.getTime()));
  }

  #read(lines: readonly FeedLine[], asked: Date): void {
    this.#asked = true;
    this.#crowded = lines.length >= MANY;
    const last = lines.findLast(isReadable);
    this.#readUpTo = this.#atEnd ? asked : (last?.time ?? this.#readUpTo);
    for (const line of lines) {
      if (!isReadable(line))
        this.#options.logger.warn('an event cannot be read and is kept as it is', {
          from: this.service,
          cursor: line.cursor,
          reason: line.reason,
        });
    }
  }

  #failed(reason: string): void {
    const first = this.#failure === undefined;
    this.#failure = reason;
    if (first) this.#options.logger.warn('a log cannot be read; it is tried again', { from: this.service, reason });
  }

  #recovered(): void {
    if (this.#failure !== undefined) this.#options.logger.info('a log can be read again', { from: this.service });
    this.#failure = undefined;
  }

  #rest(milliseconds: number): Promise<void> {
    return rest(this.#options.clock, milliseconds, this.#stopping.signal);
  }
}
