import type { Observer } from '../observer.js';
import type { Clock, Fate, OutboxEntry, OutboxUpdate, Publisher, Store } from '../ports.js';

export interface RelayOptions {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly observer: Observer;
  /** How long an entry may stay in the outbox before the sweeper takes it for lost, in milliseconds. */
  readonly sweepAfter: number;
  /** How often the sweeper looks, in milliseconds. */
  readonly sweepEvery: number;
}

const SWEEP_PAGE = 100;
/** Confirmed entries are deleted by the next batch; when none comes for this long, on their own. Milliseconds. */
const CLEAR_WHEN_IDLE_AFTER = 250;
/** Twice the longest wait before an event that came back is published again, perhaps by a replica: if it came back again, it is known. */
const UNROUTABLE_FOR_MS = 120_000;

/**
 * Publishes what has been committed. The fast path publishes from memory right after the commit; the outbox entry is the promise,
 * and the sweeper keeps it after a crash, a closed channel, a nack or a returned (unroutable) event.
 */
export class Relay {
  readonly #options: RelayOptions;
  /** By entry: whether any of its events reaches the broker. */
  readonly #inFlight = new Map<string, Promise<boolean>>();
  /** By type: when an event of it came back last, by `elapsed` of the clock. */
  readonly #unroutable = new Map<string, number>();
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
    const now = this.#options.clock.elapsed();
    return [...this.#unroutable].flatMap(([type, since]) => (now - since < UNROUTABLE_FOR_MS ? [type] : []));
  }

  /** Publishes a committed entry; returns at once. */
  publish(entry: OutboxEntry): void {
    const done = this.#send(entry).finally(() => this.#inFlight.delete(entry.id));
    this.#inFlight.set(entry.id, done);
  }

  /** Confirmed entries, for the next batch to delete; the caller owns them, and gives them back if it fails. */
  takePublished(): readonly string[] {
    this.#cancelClear?.();
    this.#cancelClear = undefined;
    return this.#confirmed.splice(0);
  }

  giveBack(published: readonly string[]): void {
    this.#confirmed.push(...published);
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

  async #send(entry: OutboxEntry): Promise<boolean> {
    const fates = await this.#options.publisher.publish(entry.events);
    const left = entry.events.filter((_, index) => fates[index] !== 'confirmed');
    this.#note(entry, fates);
    if (left.length === 0) {
      this.#confirmed.push(entry.id);
      this.#clearSoon();
    } else {
      const updated = left.length < entry.events.length ? [{ id: entry.id, events: left }] : [];
      const postponed = fates.includes('returned') ? [entry.id] : [];
      if (updated.length + postponed.length > 0) await this.#update({ deleted: [], updated, postponed });
    }
    return fates.some((fate) => fate !== 'failed');
  }

  #note({ events }: OutboxEntry, fates: readonly Fate[]): void {
    const returned = new Set<string>();
    events.forEach(({ event: { type } }, index) => {
      if (fates[index] === 'returned') returned.add(type);
      else if (fates[index] === 'confirmed') this.#unroutable.delete(type);
    });
    if (returned.size === 0) return;
    const known = this.unroutable;
    const news = [...returned].filter((type) => !known.includes(type));
    if (news.length > 0) {
      this.#options.observer.trouble('no queue wants some events; they stay in the outbox and are tried again', news.join(', '));
    }
    for (const type of returned) this.#unroutable.set(type, this.#options.clock.elapsed());
  }

  #clearSoon(): void {
    if (this.#cancelClear !== undefined || this.#stopped) return;
    this.#cancelClear = this.#options.clock.after(CLEAR_WHEN_IDLE_AFTER, () => {
      this.#cancelClear = undefined;
      this.#clearing = this.#clearing.then(() => this.#clear());
    });
  }

  async #clear(): Promise<void> {
    const published = this.takePublished();
    if (published.length > 0) await this.#update({ deleted: published, updated: [], postponed: [] });
  }

  async #update(update: OutboxUpdate): Promise<void> {
    try {
      await this.#options.store.updateOutbox(update);
    } catch (error) {
      // Nothing is lost: what stays in the outbox is published again, and its consumers know duplicates.
      this.#options.observer.trouble('the outbox could not be updated', error);
    }
  }

  #sweepIn(milliseconds: number): void {
    if (this.#stopped) return;
    this.#cancelSweep = this.#options.clock.after(milliseconds, () => {
      this.#sweeping = this.#sweep().then(() => this.#sweepIn(this.#options.sweepEvery));
    });
  }

  async #sweep(): Promise<void> {
    const { store, observer, sweepAfter } = this.#options;
    try {
      while (!this.#stopped) {
        const page = await store.takeUnpublished(sweepAfter, SWEEP_PAGE);
        // With the broker away, one page is enough to find out.
        if (page.length === 0 || !(await this.#publishAgain(page))) return;
      }
    } catch (error) {
      observer.trouble('the outbox could not be swept', error);
    }
  }

  /** Resolves to whether it is worth going on. */
  async #publishAgain(page: readonly OutboxEntry[]): Promise<boolean> {
    const lost = page.filter(({ id }) => !this.#inFlight.has(id) && !this.#confirmed.includes(id));
    for (const entry of lost) this.publish(entry);
    const reached = await Promise.all(lost.map(({ id }) => this.#inFlight.get(id)));
    return lost.length === 0 || reached.includes(true);
  }
}
