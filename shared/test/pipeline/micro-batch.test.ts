import { expect, test } from '@jest/globals';
import { type AwaitedBy, MicroBatcher } from '@quickstep/shared/pipeline';
import { settled } from './time.js';

/** A batcher whose batches end when the test says so. */
function held(limit: number, awaitedBy?: (item: number) => AwaitedBy) {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const batcher = new MicroBatcher<number>(
    (items) => {
      batches.push(items);
      return new Promise((resolve) => ends.push(resolve));
    },
    limit,
    undefined,
    awaitedBy,
  );
  const next = async () => {
    await settled();
    ends.shift()?.();
    await settled();
  };
  return { batches, batcher, next };
}

test('an item alone is a batch at once', async () => {
  const { batcher, batches, next } = held(10);
  batcher.push(1);
  await next();
  expect(batches).toEqual([[1]]);
  await batcher.whenIdle();
});

test('what arrives together shares a batch', async () => {
  const { batcher, batches, next } = held(10);
  for (const item of [1, 2, 3]) batcher.push(item);
  await next();
  expect(batches).toEqual([[1, 2, 3]]);
});

test('what arrives while a batch runs becomes the next one, in order of arrival', async () => {
  const { batcher, batches, next } = held(10);
  batcher.push(1);
  await settled();
  for (const item of [2, 3, 4]) batcher.push(item);
  expect(batcher.waiting).toBe(3);
  expect(batches).toEqual([[1]]);
  await next();
  expect(batches).toEqual([[1], [2, 3, 4]]);
  await next();
  expect(batcher.waiting).toBe(0);
});

test('a batch is no longer than the limit, and one runs at a time', async () => {
  const { batcher, batches, next } = held(2);
  for (const item of [1, 2, 3, 4, 5]) batcher.push(item);
  await settled();
  expect(batches).toEqual([[1, 2]]);
  await next();
  await next();
  expect(batches).toEqual([[1, 2], [3, 4], [5]]);
});

test('is idle when nothing waits and nothing runs', async () => {
  const { batcher, next } = held(1);
  await batcher.whenIdle();
  batcher.push(1);
  batcher.push(2);
  let idle = false;
  const waited = batcher.whenIdle().then(() => {
    idle = true;
  });
  await next();
  expect(idle).toBe(false);
  await next();
  await waited;
  expect(idle).toBe(true);
  batcher.push(3);
  await next();
  await batcher.whenIdle();
});

test('when not all fit, what has been begun goes before what is new, which still gets its share', async () => {
  const { batcher, batches, next } = held(10, (item) => (item >= 100 ? 'client' : 'saga'));
  for (const item of [100, 101, 102]) batcher.push(item);
  for (let item = 1; item <= 12; item++) batcher.push(item);
  await next();
  await next();
  expect(batches).toEqual([
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 100],
    [10, 11, 12, 101, 102],
  ]);
});

test('what fits keeps its order, whoever waits for it', async () => {
  const { batcher, batches, next } = held(4, (item) => (item >= 100 ? 'client' : 'saga'));
  for (const item of [100, 1, 101, 2]) batcher.push(item);
  await next();
  expect(batches).toEqual([[100, 1, 101, 2]]);
});

test('what waits can be taken back, and only that', async () => {
  const { batcher, batches, next } = held(10);
  batcher.push(1);
  await settled();
  for (const item of [2, 3, 4, 5]) batcher.push(item);
  expect(batcher.takeBack((item) => item % 2 === 0)).toEqual([2, 4]);
  expect(batcher.waiting).toBe(2);
  await next();
  await next();
  expect(batches).toEqual([[1], [3, 5]]);
});
