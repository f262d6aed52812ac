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
  readonly #listeners = new Set<Writable>();
  /** How many of them have everything up to the next look at the archive, and wait for what it finds. */
  #waiting = 0;
  #next: Promise<readonly ArchivedEvent[]> | undefined;
  /** Where it begins. */
  #position = 0;
  #more = false;
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

  /** @param after position of the last event that the listener has; undefined: only what comes from now on */
  add(stream: Writable, filter: ArchiveFilter, after: number | undefined): void {
    // Of a stream that is closed already nothing would tell that it is.
    if (stream.destroyed) return;
    this.#listeners.add(stream);
    const remove = () => this.#remove(stream);
    // A reader that is gone; what is still written to it goes nowhere.
    stream.on('error', remove).once('close', remove);
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_EVERY);
    this.#follow({ stream, filter, position: after ?? Number.POSITIVE_INFINITY }).catch((error: unknown) => {
      this.#logger.warn('a listener is let go: the archive cannot be read', { reason: reasonOf(error) });
      stream.end();
      remove();
    });
  }

  /** Ends every answer; nobody listens any more. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#listeners) {
      stream.end();
      this.#remove(stream);
    }
  }

  #remove(stream: Writable): void {
    this.#listeners.delete(stream);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  #beat(): void {
    for (const stream of this.#listeners) stream.write(': heartbeat\n\n');
  }

  async #follow(listener: Listener): Promise<void> {
    const { stream } = listener;
    // A position that was never given out would keep back whatever comes.
    listener.position = Math.min(listener.position, await this.#archive.end());
    if (this.#listeners.has(stream)) stream.write(': listening\n\n');
    while (this.#listeners.has(stream)) {
      await this.#catchUp(listener);
      await this.#wait(listener);
    }
  }

  /** Reads for one listener what it lacks, as fast as it takes it. */
  async #catchUp(listener: Listener): Promise<void> {
    while (this.#listeners.has(listener.stream)) {
      const end = await this.#archive.end();
      const missing = await this.#archive.read(listener.position, PAGE, listener.filter);
      const last = missing.at(-1);
      // Asked for before: of what lies up to there nothing is wanted.
      listener.position = last?.position ?? Math.max(listener.position, end);
      if (last === undefined) return;
      await this.#tell(listener.stream, missing);
    }
  }

  /** Tells one listener what the looks find, until one begins after what it has: it was slow. */
  async #wait(listener: Listener): Promise<void> {
    const { stream, filter } = listener;
    while (this.#listeners.has(stream)) {
      // Nobody has looked for long, perhaps.
      if (this.#waiting === 0) this.#position = Math.max(this.#position, listener.position);
      if (this.#position > listener.position) return;
      this.#waiting++;
      this.#next ??= this.#look();
      const events = await this.#next;
      this.#waiting--;
      const wanted = events.filter((each) => each.position > listener.position && matches(filter, each));
      listener.position = Math.max(listener.position, events.at(-1)?.position ?? 0);
      await this.#tell(stream, wanted);
    }
  }

  async #look(): Promise<readonly ArchivedEvent[]> {
    if (!this.#more) await pause(LOOK_EVERY);
    // While the database is away there is nothing to tell.
    const events = await this.#archive.read(this.#position, PAGE).catch(() => []);
    this.#more = events.length === PAGE;
    this.#position = events.at(-1)?.position ?? this.#position;
    this.#next = undefined;
    return events;
  }

  async #tell(stream: Writable, events: readonly ArchivedEvent[]): Promise<void> {
    if (events.length === 0 || !this.#listeners.has(stream)) return;
    if (!stream.write(events.map(this.#write).join(''))) await drained(stream);
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
