export interface Given<Answer> {
  readonly orderId: string;
  readonly kind: string;
  readonly answer: Answer;
}

/** What a simulated provider remembers, as in production, but in memory. */
export class SimulatedLedger<Answer extends object> {
  readonly #first = new Map<string, Answer>();
  readonly #about = new Map<string, readonly Given<Answer>[]>();
  readonly #attempts = new Map<string, number>();
  readonly #answered: (orderId: string) => void;

  /** @param answered told of each answer to a new key, before it is given */
  constructor(answered: (orderId: string) => void) {
    this.#answered = answered;
  }

  async answerOnce(key: string, orderId: string, kind: string, answer: Answer): Promise<Answer> {
    const known = this.#first.get(key);
    if (known !== undefined) return known;
    this.#first.set(key, answer);
    this.#about.set(orderId, [...this.about(orderId), { orderId, kind, answer }]);
    this.#answered(orderId);
    return answer;
  }

  async byReference(orderId: string, kind: string): Promise<readonly Answer[]> {
    return this.about(orderId).flatMap((given) => (given.kind === kind ? [given.answer] : []));
  }

  async attempt(key: string): Promise<number> {
    const number = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, number);
    return number;
  }

  about(orderId: string): readonly Given<Answer>[] {
    return this.#about.get(orderId) ?? [];
  }

  all(): readonly Given<Answer>[] {
    return [...this.#about.values()].flat();
  }

  /** Part of the world's state. */
  describe(): Iterable<unknown>[] {
    return [this.#first, this.#about, this.#attempts];
  }
}
