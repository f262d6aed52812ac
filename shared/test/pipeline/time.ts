import type { Clock } from '@quickstep/shared/pipeline';

/** Every microtask that is due has run: nothing of what this file offers waits for anything else. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Time passes when a test says so. */
export class HandDrivenClock implements Clock {
  #now = 0;
  #alarms: { readonly at: number; readonly action: () => void }[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  after(milliseconds: number, action: () => void): () => void {
    const alarm = { at: this.#now + milliseconds, action };
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
    const until = this.#now + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#alarms.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    this.#now = until;
  }
}
