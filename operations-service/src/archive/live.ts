import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@quickstep/shared/logging';
import { reasonOf } from '@quickstep/shared/pipeline';
import type { Archive } from './archive.js';
import { type ArchivedEvent, type ArchiveFilter, matches } from './archived-event.js';

/** How often the archive is looked at while anybody listens, in milliseconds: once for all of them. */
const LOOK_EVERY = 150;
/** A comment, so that proxies and clients know that the connection lives. Milliseconds. */
const HEARTBEAT_EVERY = 15_000;
/** How long a reader may take nothing, in milliseconds. */
const READER_TIMEOUT = 30_000;
const PAGE = 500;
export const LISTENERS_AT_MOST = 200;

/** How an event is written to a listener. */
type Written = (archived: ArchivedEvent) => string;

interface Listener {
  readonly stream: Writable;
  readonly filter: ArchiveFilter;
  /** Everything up to here has been written, or was not wanted. */
  position: number;
}

/** Tells listeners of events as they come into the archive: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class LiveEvents {
  readonly #archive: Pick<Archive, 'read' | 'end'>;
  readonly #write: Written;
  readonly #logger: Logger;
  readonly #listeners = new Set<Listener>();
  /** Those that have everything up to the position of the look, and take what comes from it. */
  readonly #live = new Set<Listener>();
  #position = 0;
  #looking = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(archive: Pick<Archive, 'read' | 'end'>, write: Written, logger: Logger) {
    this.#archive = archive;
    this.#write = write;
    this.#logger = logger;
  }

  get full(): boolean {
    return this.#closed || this.#listeners.size >= LISTENERS_AT_MOST;
  }

  /** Never rejects: the answer has begun. @param after position of the last event that the listener has; undefined: only what comes from now on */
  async add(stream: Writable, filter: ArchiveFilter, after: number | undefined): Promise<void> {
    const listener = { stream, filter, position: after ?? Number.POSITIVE_INFINITY };
    try {
      await this.#listen(listener);
    } catch (error) {
      this.#failed(listener, error);
    }
  }

  async #listen(listener: Listener): Promise<void> {
    const { stream } = listener;
    // A position that was never given out would keep back whatever comes.
    listener.position = Math.min(listener.position, await this.#archive.end());
    if (this.#closed) return void stream.end();
    this.#listeners.add(listener);
    const remove = () => this.#remove(listener);
    // A reader that is gone; what is still written to it goes nowhere.
    stream.on('error', remove).once('close', remove);
    stream.write(': listening\n\n');
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_EVERY);
    await this.#catchUp(listener);
  }

  /** Ends every answer; nobody listens any more. */
  close(): void {
    this.#closed = true;
    for (const { stream } of this.#listeners) stream.end();
    this.#listeners.clear();
    this.#live.clear();
    this.#rest();
  }

  #remove(listener: Listener): void {
    this.#listeners.delete(listener);
    this.#live.delete(listener);
    if (this.#listeners.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  #beat(): void {
    for (const { stream } of this.#live) stream.write(': heartbeat\n\n');
  }

  /** Reads for one listener what it lacks, as fast as it takes it; then it is live. */
  async #catchUp(listener: Listener): Promise<void> {
    const { stream, filter } = listener;
    while (this.#listeners.has(listener)) {
      const end = await this.#archive.end();
      const missing = await this.#archive.read(listener.position, PAGE, filter);
      const last = missing.at(-1);
      // Asked for before: of what lies up to there nothing is wanted.
      listener.position = last?.position ?? Math.max(listener.position, end);
      if (last === undefined && this.#join(listener)) return;
      if (!stream.write(missing.map(this.#write).join(''))) await drained(stream);
    }
  }

  /** @returns false when the look is ahead of the listener, which then reads on by itself */
  #join(listener: Listener): boolean {
    if (!this.#listeners.has(listener)) return true;
    if (this.#live.size === 0) this.#position = Math.max(this.#position, listener.position);
    if (listener.position < this.#position) return false;
    this.#live.add(listener);
    void this.#watch();
    return true;
  }

  #catchUpLater(listener: Listener): void {
    this.#catchUp(listener).catch((error: unknown) => this.#failed(listener, error));
  }

  #failed(listener: Listener, error: unknown): void {
    this.#logger.warn('a listener is let go: the archive cannot be read', { reason: reasonOf(error) });
    listener.stream.end();
    this.#remove(listener);
  }

  /** Looks again and again while anybody is live. */
  async #watch(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    while (this.#live.size > 0) {
      const from = this.#position;
      // While the database is away there is nothing to tell.
      const events = await this.#archive.read(from, PAGE).catch(() => []);
      this.#position = Math.max(this.#position, events.at(-1)?.position ?? from);
      for (const listener of [...this.#live]) this.#tell(listener, events);
      if (events.length < PAGE) await pause(LOOK_EVERY);
    }
    this.#looking = false;
  }

  #tell(listener: Listener, events: readonly ArchivedEvent[]): void {
    const wanted = events.filter((each) => each.position > listener.position && matches(listener.filter, each));
    listener.position = Math.max(listener.position, events.at(-1)?.position ?? 0);
    if (wanted.length === 0 || listener.stream.write(wanted.map(this.#write).join(''))) return;
    // It reads slower than events come: it goes on by itself, so that nothing piles up for it here.
    this.#live.delete(listener);
    drained(listener.stream).then(() => this.#catchUpLater(listener));
  }
}

/** Resolves when a stream takes more, or never will; one that takes nothing for long is given up. */
function drained(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    const overdue = setTimeout(() => stream.destroy(), READER_TIMEOUT);
    const end = () => {
      clearTimeout(overdue);
      stream.off('drain', end).off('close', end);
      resolve();
    };
    stream.on('drain', end).on('close', end);
  });
}
