/** Of parked messages that are held in memory at once, at most; a larger one is there alone. */
export const BYTES_AT_ONCE = 16_000_000;

/** Cuts what comes in order into pieces of so many bytes at most, each of one at least. */
export function cutByBytes<Item>(items: readonly Item[], bytesOf: (item: Item) => number): Item[][] {
  const cut: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const more = bytesOf(item);
    const last = cut.at(-1);
    if (last === undefined || bytes + more > BYTES_AT_ONCE) {
      cut.push([item]);
      bytes = more;
    } else {
      last.push(item);
      bytes += more;
    }
  }
  return cut;
}
