import { createHash, type Hash } from 'node:crypto';

/** One line of what happened, for people. */
export interface TraceEntry {
  /** Milliseconds of virtual time. */
  readonly at: number;
  readonly from: string;
  /** Same as `from` when it concerns one participant only. */
  readonly to: string;
  readonly what: string;
}

export interface TraceOptions {
  /** Keep what happens, for people. */
  readonly kept: boolean;
  /** Hash it, with all that is written and sent. */
  readonly hashed: boolean;
}

/** Takes down what happens; ids of orders are replaced by short names. Costs nothing while off. */
export class Trace {
  readonly entries: TraceEntry[] = [];
  readonly #kept: boolean;
  readonly #hash: Hash | undefined;
  readonly #elapsed: () => number;
  readonly #names = new Map<string, string>();

  constructor({ kept, hashed }: TraceOptions, elapsed: () => number) {
    this.#kept = kept;
    this.#hash = hashed ? createHash('sha256') : undefined;
    this.#elapsed = elapsed;
  }

  /** Gives an id a short name. */
  name(id: string, short: string): void {
    this.#names.set(id, short);
  }

  shortOf(id: string): string {
    return this.#names.get(id) ?? `…${id.slice(-4)}`;
  }

  note(from: string, to: string, what: string): void {
    if (this.#kept) this.entries.push({ at: this.#elapsed(), from, to, what });
    this.#hash?.update(`${this.#elapsed()} ${from} ${to} ${what}\n`);
  }

  /** What is too much for people: it goes into the hash only. */
  detail(what: () => string): void {
    this.#hash?.update(`${this.#elapsed()} ${what()}\n`);
  }

  /** SHA-256 of everything until now, hexadecimal. Undefined when it is not hashed. */
  digest(): string | undefined {
    return this.#hash?.copy().digest('hex');
  }
}
