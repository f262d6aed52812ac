import type { Clock } from './ports.js';

/** Who waits for an item, and so whether it may wait for others to share its batch. */
export type AwaitedBy =
  /** A client, or a timer, which fires again: it begins at once, and is told at once when it cannot. */
  | 'client'
  /** The rest of a saga: it waits for more only when many arrive. */
  | 'saga'
  /** Nobody. */
  | 'nobody';

/** A wait for more items before a batch begins. */
export interface Linger {
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  /** How long at most, in milliseconds. */
  readonly milliseconds: number;
}

/** Worth a wait: this many more items are expected to arrive while lingering. */
const WORTH_LINGERING = 4;
/** Worth the longest wait: this many would arrive meanwhile. With half as many the wait is an eighth as long, and so on. */
const WORTH_ALL = 100;
/** A batch of so many is worth no wait: what its transaction costs by itself is next to nothing for each of them. */
const ENOUGH = 200;
/** How far back the estimate of the rate of arrival looks, in milliseconds: after a pause it must have forgotten what was before. */
const MEMORY = 200;
/** Share of a full batch that new items get however much has been begun: held back, but never shut out. */
const KEPT_FOR_NEW = 0.1;

/**
 * Collects items and hands them on in batches: whatever has arrived while the previous batch ran, up to a limit. One batch runs at a
 * time, in order of arrival. A batcher that sees many items a second may linger for more of them, as a transaction for ten costs little
 * more than one for two; and items that nobody waits for always do, until something more urgent takes them along.
 */
export class MicroBatcher<Item> {
  readonly #run: (items: Item[]) => Promise<void>;
  readonly #limit: number;
  /** So many are worth no wait. */
  readonly #enough: number;
  readonly #linger: Linger | undefined;
  readonly #awaitedBy: (item: Item) => AwaitedBy;
  #waiting: Item[] = [];
  #running = false;
  #idle: (() => void)[] = [];
  /** Items per millisecond, estimated. */
  #rate = 0;
  #since = 0;
  #arrived = 0;
  /** Whether nothing more can come before the next batch. */
  #hurried = false;
  #lingering: { readonly until: 'saga' | 'client'; end(): void } | undefined;

  /**
   * @param run must not reject: it owns the fate of its items
   * @param awaitedBy what a client waits for begins something: when not all fit, what has been begun goes first
   */
  constructor(
    run: (items: Item[]) => Promise<void>,
    limit: number,
    linger?: Linger,
    awaitedBy: (item: Item) => AwaitedBy = () => 'saga',
  ) {
    this.#run = run;
    this.#awaitedBy = awaitedBy;
    this.#limit = limit;
    this.#enough = Math.min(limit, ENOUGH);
    this.#linger = linger;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  push(item: Item): void {
    this.#arrived++;
    this.#waiting.push(item);
    if (this.#waiting.length >= this.#enough || this.#isMoreUrgent(item)) this.#lingering?.end();
    if (this.#running) return;
    this.#running = true;
    // A microtask later, so that everything that arrived in the same read from the socket shares the batch.
    queueMicrotask(() => this.#drain());
  }

  /** Nothing more can come before something is done: ends a wait for more, and begins none before the next batch. */
  hurry(): void {
    this.#hurried = true;
    this.#lingering?.end();
  }

  /** Takes back the items that wait and fit. */
  takeBack(fits: (item: Item) => boolean): Item[] {
    const taken = this.#waiting.filter(fits);
    this.#waiting = this.#waiting.filter((item) => !fits(item));
    return taken;
  }

  /** Resolves when nothing waits and nothing runs. */
  whenIdle(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      if (this.#linger !== undefined) await this.#waitForMore(this.#linger);
      await this.#run(this.#take());
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #take(): Item[] {
    this.#hurried = false;
    if (this.#waiting.length <= this.#limit) return this.#waiting.splice(0);
    const begun = this.#waiting.filter((item) => !this.#isNew(item));
    const fresh = this.#waiting.filter((item) => this.#isNew(item));
    const kept = Math.min(fresh.length, Math.floor(this.#limit * KEPT_FOR_NEW));
    const batch = begun.splice(0, this.#limit - kept);
    batch.push(...fresh.splice(0, this.#limit - batch.length));
    this.#waiting = [...begun, ...fresh];
    return batch;
  }

  #isNew(item: Item): boolean {
    return this.#awaitedBy(item) === 'client';
  }

  #isMoreUrgent(item: Item): boolean {
    const by = this.#awaitedBy(item);
    return by === 'client' || (by === 'saga' && this.#lingering?.until === 'saga');
  }

  #nobodyWaits(): boolean {
    return this.#waiting.every((item) => this.#awaitedBy(item) === 'nobody');
  }

  async #waitForMore({ clock, milliseconds }: Linger): Promise<void> {
    const began = clock.elapsed();
    this.#estimateRate(began);
    if (this.#nobodyWaits()) await this.#lingerFor(milliseconds, 'saga', clock);
    const left = began + milliseconds - clock.elapsed();
    const wait = milliseconds * Math.min(1, (this.#rate * milliseconds) / WORTH_ALL) ** 3;
    if (this.#rate * wait >= WORTH_LINGERING) await this.#lingerFor(Math.min(wait, left), 'client', clock);
  }

  #estimateRate(now: number): void {
    const elapsed = now - this.#since;
    if (elapsed <= 0) return;
    this.#rate += (1 - Math.exp(-elapsed / MEMORY)) * (this.#arrived / elapsed - this.#rate);
    this.#since = now;
    this.#arrived = 0;
  }

  /** @param until who ends the wait, besides time and a batch that is large enough */
  async #lingerFor(milliseconds: number, until: 'saga' | 'client', clock: Linger['clock']): Promise<void> {
    if (milliseconds <= 0 || this.#hurried || this.#waiting.length >= this.#enough) return;
    if (this.#waiting.some((item) => this.#isNew(item))) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(milliseconds, resolve);
      const end = () => {
        cancel();
        resolve();
      };
      this.#lingering = { until, end };
    });
    this.#lingering = undefined;
  }
}
