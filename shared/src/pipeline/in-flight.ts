/** The one count of what is under way: messages that are not settled, and calls to the outside world. */
export class InFlight {
  readonly #limit: number;
  #messages = 0;
  #effects = 0;
  #emptied: (() => void)[] = [];

  /** @param limit messages that the broker hands out at most before one is settled */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get messages(): number {
    return this.#messages;
  }

  get effects(): number {
    return this.#effects;
  }

  /** Nothing more can come before something is settled, but for what the effects under way lead to. */
  get full(): boolean {
    return this.#messages >= this.#limit && this.#effects === 0;
  }

  arrived(): void {
    this.#messages++;
  }

  settled(): void {
    if (--this.#messages > 0) return;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }

  effectBegun(): void {
    this.#effects++;
  }

  effectEnded(): void {
    this.#effects--;
  }

  /** Resolves when every message is settled. */
  whenEmpty(): Promise<void> {
    if (this.#messages === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }
}
