import type { Clock } from '@quickstep/shared/pipeline';

/** Every microtask that is due has run: nothing of what this file offers waits for anything else. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Time passes when a test says so. */
export class HandDrivenClock implements Clock {
  #elapsed = 0;
  #set = 0;
  #alarms: { readonly at: number; readonly action: () => void }[] = [];

  now(): Date {
    return new Date(this.#elapsed + this.#set);
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Somebody sets what it shows; no time passes. */
  set(byMilliseconds: number): void {
    this.#set += byMilliseconds;
  }

  after(milliseconds: number, action: () => void): () => void {
    const alarm = { at: this.#elapsed + milliseconds, action };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((each) => each !== alarm);
    };
  }

  /** How many actions wait for their moment. */
  get alarms(): number {
    return this.#alarms.length;
  }

  async advance(milliseconds: number): Promise<void> {
    const until = this.#elapsed + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#alarms.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((each) => each !== next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.action();
    }
    this.#elapsed = until;
  }
}
