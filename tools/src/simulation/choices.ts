/** Where every decision of a run comes from: what happens next, what fails, what the customers want. */
export interface Choices {
  /** One of `0 ... options - 1`; 0 is always the calmest. Decides nothing when there is but one option. */
  pick(options: number): number;
  /** True with these odds, between 0 and 1; false is the calm answer. Decides nothing when the odds leave no choice. */
  chance(odds: number): boolean;
}

/** Drawn from a seed with sfc32 (Chris Doty-Humphrey's small fast counting generator, part of PractRand). */
export class SeededChoices implements Choices {
  readonly #made: number[] | undefined;
  #a = 0;
  #b = 0;
  #c: number;
  #counter = 1;

  /** @param made takes down every decision, for `ReplayedChoices` */
  constructor(seed: number, made?: number[]) {
    this.#c = seed | 0;
    this.#a = Math.floor(seed / 2 ** 32) | 0;
    this.#made = made;
    for (let round = 0; round < 12; round++) this.#draw();
  }

  pick(options: number): number {
    if (options <= 1) return 0;
    const picked = Math.floor(this.#draw() * options);
    this.#made?.push(picked);
    return picked;
  }

  chance(odds: number): boolean {
    if (odds <= 0 || odds >= 1) return odds >= 1;
    const happens = this.#draw() < odds;
    this.#made?.push(happens ? 1 : 0);
    return happens;
  }

  #draw(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
}

/** Repeats decisions; once they are used up, everything is calm. */
export class ReplayedChoices implements Choices {
  readonly #made: readonly number[];
  #next = 0;

  constructor(made: readonly number[]) {
    this.#made = made;
  }

  /** How many decisions have been asked for so far. */
  get asked(): number {
    return this.#next;
  }

  pick(options: number): number {
    return options <= 1 ? 0 : Math.min(this.#take(), options - 1);
  }

  chance(odds: number): boolean {
    if (odds <= 0 || odds >= 1) return odds >= 1;
    return this.#take() > 0;
  }

  #take(): number {
    return this.#made[this.#next++] ?? 0;
  }
}

/** Decisions as text for a command line: `3:1,17:4` are those that are not calm, by position. */
export function encodeChoices(made: readonly number[]): string {
  return made.flatMap((value, index) => (value === 0 ? [] : [`${index}:${value}`])).join(',');
}

/** @throws TypeError when the text was not written by `encodeChoices` */
export function decodeChoices(text: string): number[] {
  const made: number[] = [];
  for (const pair of text.split(',').filter((each) => each !== '')) {
    if (!/^\d+:\d+$/.test(pair)) throw new TypeError(`"${pair}" is no decision: write position:value, for example 17:4`);
    const [index = 0, value = 0] = pair.split(':').map(Number);
    while (made.length < index) made.push(0);
    made[index] = value;
  }
  return made;
}
