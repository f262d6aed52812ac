import type { ArchivedEvent } from './archived-event.js';

/** Bodies that are kept, in bytes: of some seconds when the services are saturated. Parsed, they take about twice as much more. */
const KEPT_BYTES = 32_000_000;

/**
 * What this process has stored last, parsed already, for those who follow the archive: they need not read back from the database what has
 * just gone there. Without a hole: events that another process stored in between are in the database only.
 */
export class RecentEvents {
  #events: readonly ArchivedEvent[] = [];
  #arrivals = 0;
  readonly #waiting = new Set<() => void>();
  /** By follower, up to where it needs nothing any more. */
  readonly #done = new Map<symbol, number>();

  /** Pages that came, whoever stored them. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** The position of the last event; 0 when there is none. */
  get end(): number {
    return this.#events.at(-1)?.position ?? 0;
  }

  /** Says that a page has come. @param events what this process has stored of it, in order and without a hole; committed */
  add(events: readonly ArchivedEvent[]): void {
    this.#arrivals += 1;
    if (events.length > 0) this.#keep(events);
    for (const wake of [...this.#waiting]) wake();
  }

  /** Everything after a position; undefined when that is not here, or there is nothing. */
  after(position: number): readonly ArchivedEvent[] | undefined {
    const first = this.#events[0]?.position;
    if (first === undefined || position < first - 1) return undefined;
    const found = this.#events.slice(position + 1 - first);
    return found.length === 0 ? undefined : found;
  }

  /** Calls back once, at the next arrival. @returns a function after which it is not called any more */
  onArrival(action: () => void): () => void {
    const wake = () => {
      this.#waiting.delete(wake);
      action();
    };
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  /** Nothing is dropped before this follower has said that it is done with it, or the space is used up. */
  done(follower: symbol, position: number): void {
    this.#done.set(follower, position);
    const needless = Math.min(...this.#done.values());
    const first = this.#events[0]?.position;
    if (first !== undefined && needless >= first) this.#events = this.#events.slice(needless + 1 - first);
  }

  #keep(events: readonly ArchivedEvent[]): void {
    const first = events[0]?.position ?? 0;
    const end = this.#events.at(-1)?.position;
    // Two pages are committed in the order of their positions, yet the answer to the second may be handled first: the first is then left out.
    if (end !== undefined && first <= end) return;
    const all = first - 1 === end ? [...this.#events, ...events] : events;
    let bytes = 0;
    const oldest = all.findLastIndex(({ body }) => {
      bytes += body.length;
      return bytes > KEPT_BYTES;
    });
    this.#events = all.slice(oldest + 1);
  }
}
