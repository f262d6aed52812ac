/** Draws that are the same for the same seed. */
export interface Random {
  /** A whole number from 0 up to, and without, `many`. */
  below(many: number): number;
  /** From `least` to `most`, both included; whole. */
  between(least: number, most: number): number;
  one<T>(of: readonly T[]): T;
  shuffled<T>(of: readonly T[]): T[];
}

/** mulberry32: small, and good enough to choose faults with. */
export function randomFrom(seed: number): Random {
  let state = seed;
  const below = (many: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % many;
  };
  const one = <T>(of: readonly T[]): T => {
    const chosen = of[below(of.length)];
    if (chosen === undefined) throw new RangeError('There is nothing to choose from');
    return chosen;
  };
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    one,
    shuffled(of) {
      const left = [...of];
      return of.flatMap(() => left.splice(below(left.length), 1));
    },
  };
}
