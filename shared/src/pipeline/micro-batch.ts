/**
 * Collects items and hands them on in batches: whatever has arrived while the previous batch ran, up to a limit. An idle batcher
 * never waits. One batch runs at a time, in order of arrival.
 */
export class MicroBatcher<Item> {
  readonly #run: (items: Item[]) => Promise<void>;
  readonly #limit: number;
  #waiting: Item[] = [];
  #running = false;
  #idle: (() => void)[] = [];

  /** @param run must not reject: it owns the fate of its items */
  constructor(run: (items: Item[]) => Promise<void>, limit: number) {
    this.#run = run;
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  push(item: Item): void {
    this.#waiting.push(item);
    if (this.#running) return;
    this.#running = true;
    // A microtask later, so that everything that arrived in the same read from the socket shares the batch.
    queueMicrotask(() => this.#drain());
  }

  /** Resolves when nothing waits and nothing runs. */
  whenIdle(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.length <= this.#limit ? this.#waiting.splice(0) : this.#waiting.splice(0, this.#limit);
      await this.#run(batch);
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
