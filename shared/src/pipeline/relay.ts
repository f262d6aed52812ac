import type { Observer } from './observer.js';
import type { Clock, Fate, OutboxEntry, Publisher, Store } from './ports.js';

export interface RelayOptions {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly observer: Observer;
  /** How long an entry may stay in the outbox before the sweeper takes it for lost, in milliseconds. */
  readonly sweepAfter: number;
  /** How often the sweeper looks, in milliseconds. */
  readonly sweepEvery: number;
}

const SWEEP_PAGE = 100;
/** Confirmed entries are deleted by the next batch; when none comes for this long, on their own. Milliseconds. */
const CLEAR_WHEN_IDLE_AFTER = 250;

/**
 * Publishes what has been committed. The fast path publishes from memory right after the commit; the outbox entry is the promise,
 * and the sweeper keeps it after a crash, a closed channel, a nack or a returned (unroutable) event.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #unroutable = new Map<string, readonly string[]>();
  #confirmed: string[] = [];
  #cancelClear: (() => void) | undefined;
  #cancelSweep: (() => void) | undefined;
  #sweeping: Promise<void> | undefined;
  #clearing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Types of events that came back because no queue wants them; empty when all is well. */
  get unroutable(): string[] {
    return [...new Set([...this.#unroutable.values()].flat())];
  }

  /** Publishes a committed entry; returns at once. */
  publish(entry: OutboxEntry): void {
    const done = this.#send(entry).finally(() => this.#inFlight.delete(entry.id));
    this.#inFlight.set(entry.id, done);
  }

  /** Confirmed entries, for the next batch to delete; the caller owns them, and gives them back if it fails. */
  takeCleared(): readonly string[] {
    this.#cancelClear?.();
    this.#cancelClear = undefined;
    return this.#confirmed.splice(0);
  }

  giveBack(cleared: readonly string[]): void {
    this.#confirmed.push(...cleared);
    this.#clearSoon();
  }

  /** Looks for what a former life, or a replica's, left behind, now and at intervals. */
  start(): void {
    this.#sweepIn(0);
  }

  /** Stops sweeping, waits for what is in flight and deletes what is confirmed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSweep?.();
    this.#cancelClear?.();
    await this.#sweeping;
    await Promise.all(this.#inFlight.values());
    await this.#clearing;
    await this.#clear();
  }

  async #send(entry: OutboxEntry): Promise<void> {
    const fates = await this.#options.publisher.publish(entry.events);
    const left = entry.events.filter((_, index) => fates[index] !== 'confirmed');
    this.#note(entry, fates);
    if (left.length === 0) {
      this.#confirmed.push(entry.id);
      this.#clearSoon();
    } else if (left.length < entry.events.length) {
      await this.#tidy([], [{ id: entry.id, events: left }]);
    }
  }

  #note(entry: OutboxEntry, fates: readonly Fate[]): void {
    const returned = entry.events.filter((_, index) => fates[index] === 'returned').map(({ event }) => event.type);
    if (returned.length === 0) {
      this.#unroutable.delete(entry.id);
      return;
    }
    if (!this.#unroutable.has(entry.id)) {
      this.#options.observer.trouble(
        'no queue wants some events; they stay in the outbox and are tried again',
        returned.join(', '),
      );
    }
    this.#unroutable.set(entry.id, returned);
  }

  #clearSoon(): void {
    if (this.#cancelClear !== undefined || this.#stopped) return;
    this.#cancelClear = this.#options.clock.after(CLEAR_WHEN_IDLE_AFTER, () => {
      this.#cancelClear = undefined;
      this.#clearing = this.#clearing.then(() => this.#clear());
    });
  }

  async #clear(): Promise<void> {
    const cleared = this.takeCleared();
    if (cleared.length > 0) await this.#tidy(cleared, []);
  }

  async #tidy(cleared: readonly string[], kept: readonly OutboxEntry[]): Promise<void> {
    try {
      await this.#options.store.clearOutbox(cleared, kept);
    } catch (error) {
      // Nothing is lost: what stays in the outbox is published again, and its consumers know duplicates.
      this.#options.observer.trouble('the outbox could not be tidied', error);
    }
  }

  #sweepIn(milliseconds: number): void {
    if (this.#stopped) return;
    this.#cancelSweep = this.#options.clock.after(milliseconds, () => {
      this.#sweeping = this.#sweep().then(() => this.#sweepIn(this.#options.sweepEvery));
    });
  }

  async #sweep(): Promise<void> {
    const { store, clock, observer, sweepAfter } = this.#options;
    const before = new Date(clock.now().getTime() - sweepAfter);
    const left = new Set<string>();
    try {
      // Page after page: what no queue wants comes back at every sweep and must not hide what lies behind it.
      for (let after: string | undefined; !this.#stopped; ) {
        const page = await store.unpublished(before, SWEEP_PAGE, after);
        await this.#publishAgain(page);
        for (const { id } of page) left.add(id);
        if (page.length < SWEEP_PAGE) break;
        after = page.at(-1)?.id;
      }
      // What is gone from the outbox has been published, by this process or by a replica.
      for (const id of this.#unroutable.keys()) if (!left.has(id) && !this.#inFlight.has(id)) this.#unroutable.delete(id);
    } catch (error) {
      observer.trouble('the outbox could not be swept', error);
    }
  }

  async #publishAgain(page: readonly OutboxEntry[]): Promise<void> {
    const lost = page.filter(({ id }) => !this.#inFlight.has(id) && !this.#confirmed.includes(id));
    for (const entry of lost) this.publish(entry);
    await Promise.all(lost.map(({ id }) => this.#inFlight.get(id)));
  }
}
