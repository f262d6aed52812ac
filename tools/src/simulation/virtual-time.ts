interface Timer {
  readonly at: number;
  readonly owner: object;
  readonly label: string;
  readonly action: () => void;
}

const BEGINNING = Date.parse('2026-01-01T00:00:00.000Z');

/** Time that stands still until the world lets it leap to the next timer. */
export class VirtualTime {
  #now = BEGINNING;
  /** Latest first, and of equal moments the younger first: the next one is popped. */
  readonly #timers: Timer[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  /** Milliseconds since the world began. */
  get elapsed(): number {
    return this.#now - BEGINNING;
  }

  get waiting(): number {
    return this.#timers.length;
  }

  /** @param owner whose timer it is: `forget` drops all of an owner's */
  after(milliseconds: number, owner: object, label: string, action: () => void): () => void {
    const timer = { at: this.#now + milliseconds, owner, label, action };
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.at ?? 0) <= timer.at) index--;
    this.#timers.splice(index, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found >= 0) this.#timers.splice(found, 1);
    };
  }

  /** A crashed process has no timers. */
  forget(owner: object): void {
    for (let index = this.#timers.length - 1; index >= 0; index--) {
      if (this.#timers[index]?.owner === owner) this.#timers.splice(index, 1);
    }
  }

  /** Whether a timer's moment has come. */
  get overdue(): boolean {
    const next = this.#timers.at(-1);
    return next !== undefined && next.at <= this.#now;
  }

  /** Moves on to the next timer and lets it act. */
  leap(): void {
    const next = this.#timers.pop();
    if (next === undefined) return;
    this.#now = Math.max(this.#now, next.at);
    next.action();
  }

  /** Lets time pass; timers whose moment it was are overdue then. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** What is still to come, relative to now: part of the world's state. */
  describe(): string[] {
    return this.#timers.map(({ at, label }) => `${label} in ${at - this.#now}`);
  }
}
