/** One line of what happened, for people. */
export interface TraceEntry {
  /** Milliseconds of virtual time. */
  readonly at: number;
  readonly from: string;
  /** Same as `from` when it concerns one participant only. */
  readonly to: string;
  readonly what: string;
}

/** Takes down what happens; ids of orders are replaced by short names. Costs nothing while off. */
export class Trace {
  readonly entries: TraceEntry[] = [];
  readonly on: boolean;
  readonly #elapsed: () => number;
  readonly #names = new Map<string, string>();

  constructor(on: boolean, elapsed: () => number) {
    this.on = on;
    this.#elapsed = elapsed;
  }

  /** Gives an id a short name. */
  name(id: string, short: string): void {
    if (this.on) this.#names.set(id, short);
  }

  shortOf(id: string): string {
    return this.#names.get(id) ?? `…${id.slice(-4)}`;
  }

  note(from: string, to: string, what: string): void {
    if (this.on) this.entries.push({ at: this.#elapsed(), from, to, what });
  }
}
