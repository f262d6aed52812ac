import type { Writable } from 'node:stream';
import { LISTENERS_AT_MOST } from './live.js';
import type { RecentEvents } from './recent-events.js';

/** At most so often, in milliseconds: while much comes, projections take it every two seconds. */
const EVERY = 2_000;
/** A comment, so that proxies and clients know that the connection lives. Milliseconds. */
const HEARTBEAT_EVERY = 15_000;
const ARRIVED = 'data: arrived\n\n';

/** Tells listeners that events have come into the archive, not which, however many: they read what they show by themselves. */
export class Arrivals {
  readonly #recent: Pick<RecentEvents, 'arrivals' | 'onArrival'>;
  readonly #listeners = new Set<Writable>();
  #heartbeat: NodeJS.Timeout | undefined;
  #next: NodeJS.Timeout | undefined;
  #forget: () => void = () => {};
  #closed = false;

  constructor(recent: Pick<RecentEvents, 'arrivals' | 'onArrival'>) {
    this.#recent = recent;
  }

  get full(): boolean {
    return this.#closed || this.#listeners.size >= LISTENERS_AT_MOST;
  }

  add(stream: Writable): void {
    // Of a stream that is closed already nothing would tell that it is.
    if (stream.destroyed) return;
    this.#listeners.add(stream);
    const remove = () => this.#remove(stream);
    stream.on('error', remove).once('close', remove);
    stream.write(': listening\n\n');
    if (this.#listeners.size > 1) return;
    this.#heartbeat = setInterval(() => this.#write(': heartbeat\n\n'), HEARTBEAT_EVERY);
    this.#wait();
  }

  /** Ends every answer; nobody listens any more. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#listeners) stream.end();
    this.#listeners.clear();
    this.#rest();
  }

  #remove(stream: Writable): void {
    if (this.#listeners.delete(stream) && this.#listeners.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#next);
    this.#forget();
  }

  #wait(): void {
    this.#forget = this.#recent.onArrival(() => this.#tell());
  }

  #tell(): void {
    const { arrivals } = this.#recent;
    this.#write(ARRIVED);
    this.#next = setTimeout(() => (this.#recent.arrivals === arrivals ? this.#wait() : this.#tell()), EVERY);
  }

  /** Whoever has left thousands of these unread reads no more. */
  #write(text: string): void {
    for (const stream of this.#listeners) if (!stream.write(text)) stream.destroy();
  }
}
