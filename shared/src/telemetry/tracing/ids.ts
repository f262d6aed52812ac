import { randomFillSync } from 'node:crypto';

/** Asked for eight bytes at a time, the generator costs more than everything else of a span. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** So many random bytes, in hexadecimal. */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
