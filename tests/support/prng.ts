/** mulberry32: small, and the same numbers for the same seed. @returns picks a whole number below `many` */
export function prng(seed: number): (many: number) => number {
  let state = seed;
  return (many) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % many;
  };
}
