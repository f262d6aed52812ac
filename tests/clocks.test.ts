import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { openShop, type Shop } from './support/shop.js';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
afterEach(async () => {
  jest.useRealTimers();
  expect(await shop.invariants()).toEqual([]);
});

const HOUR = 3_600_000;

/** Sets the clock of this process, in which all services run, and nothing else. */
function setClock(byMilliseconds: number): void {
  jest.useFakeTimers({
    now: Date.now() + byMilliseconds,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
}

test.each([
  ['ahead', HOUR],
  ['behind', -HOUR],
])('services whose clock jumps an hour %s cancel the orders whose deadline has come, and no others', async (_, jump) => {
  shop.gates.beforeCharge.close();
  const [inTime, late] = [await shop.place(), await shop.place()];
  await Promise.all([inTime, late].map(({ id }) => shop.gates.beforeCharge.holds(id)));
  setClock(jump);
  await shop.expire(late.id);
  // Whoever looks for the one looks for the other.
  await shop.eventOf(late.id, 'order.cancellation_requested');
  shop.gates.beforeCharge.open();
  expect(await shop.ended(late.id)).toBe('CANCELLED');
  expect(await shop.ended(inTime.id)).toBe('COMPLETED');
});
