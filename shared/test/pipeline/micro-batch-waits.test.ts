import { describe, expect, test } from '@jest/globals';
import { type AwaitedBy, MicroBatcher } from '@quickstep/shared/pipeline';
import { settled } from './time.js';

/** How long the batcher waits, in milliseconds, once it knows that so many items arrive every ten milliseconds; undefined for not at all. */
async function waitWhenArriving(items: number): Promise<number | undefined> {
  let time = 0;
  let waited: number | undefined;
  const clock = {
    elapsed: () => time,
    after: (milliseconds: number, action: () => void) => {
      waited = milliseconds;
      setImmediate(action);
      return () => undefined;
    },
  };
  const batcher = new MicroBatcher<number>(() => Promise.resolve(), 1_000, { clock, milliseconds: 20 });
  for (let round = 0; round < 200; round++) {
    time += 10;
    waited = undefined;
    for (let item = 0; item < items; item++) batcher.push(item);
    await batcher.whenIdle();
  }
  return waited;
}

/** A batcher that may linger, with a clock of the test's own: items arrive every ten milliseconds. */
function busy(awaitedBy?: (item: number) => AwaitedBy) {
  let time = 0;
  let begun = 0;
  let holding = false;
  const batches: number[] = [];
  const clock = {
    elapsed: () => time,
    after: (_milliseconds: number, action: () => void) => {
      begun++;
      if (!holding) setImmediate(action);
      return () => undefined;
    },
  };
  const run = async (items: number[]) => void batches.push(items.length);
  const batcher = new MicroBatcher<number>(run, 1_000, { clock, milliseconds: 20 }, awaitedBy);
  const arrive = async (items: number, how?: 'and wait' | 'after a second') => {
    time += how === 'after a second' ? 1_000 : 10;
    holding = how === 'and wait';
    begun = 0;
    for (let item = 0; item < items; item++) batcher.push(item);
    if (holding) await settled();
    else await batcher.whenIdle();
  };
  return { batcher, batches, arrive, waits: () => begun };
}

test('waits for more in proportion to what arrives: not for a few, and no longer than it may', async () => {
  expect(await waitWhenArriving(2)).toBeUndefined();
  expect(await waitWhenArriving(35)).toBeCloseTo(6.86, 1);
  expect(await waitWhenArriving(50)).toBeCloseTo(20);
  expect(await waitWhenArriving(150)).toBeCloseTo(20);
});

test('a batch that is large enough waits for no more', async () => {
  expect(await waitWhenArriving(250)).toBeUndefined();
});

test('a wait ends as soon as enough have come', async () => {
  const { batcher, batches, waits, arrive } = busy();
  for (let round = 0; round < 50; round++) await arrive(100);
  await arrive(100, 'and wait');
  expect(waits()).toBe(1);
  for (let item = 0; item < 100; item++) batcher.push(item);
  await batcher.whenIdle();
  expect(batches.at(-1)).toBe(200);
});

test('what is new waits for nothing, and ends a wait', async () => {
  const { batcher, batches, waits, arrive } = busy((item) => (item === 1_000 ? 'client' : 'saga'));
  for (let round = 0; round < 50; round++) await arrive(100);
  await arrive(100, 'and wait');
  expect(waits()).toBe(1);
  batcher.push(1_000);
  await batcher.whenIdle();
  expect(batches.at(-1)).toBe(101);
  batcher.push(1);
  batcher.push(1_000);
  await batcher.whenIdle();
  expect(waits()).toBe(1);
});

test('after a pause it has forgotten how much had arrived before', async () => {
  const { arrive, waits } = busy();
  for (let round = 0; round < 50; round++) await arrive(100);
  expect(waits()).toBe(1);
  await arrive(1, 'after a second');
  expect(waits()).toBe(0);
});

describe('what nobody waits for', () => {
  const NOBODYS = -1;
  const CLIENTS = -2;
  const SAGAS = -3;
  const by = new Map<number, AwaitedBy>([
    [NOBODYS, 'nobody'],
    [CLIENTS, 'client'],
  ]);

  /** A batcher that may wait 20 ms, with a clock that the test moves on. */
  function lazy() {
    const timers: { readonly due: number; readonly action: () => void }[] = [];
    let time = 0;
    const clock = {
      elapsed: () => time,
      after: (milliseconds: number, action: () => void) => {
        const timer = { due: time + milliseconds, action };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
    };
    const pass = async (milliseconds: number) => {
      time += milliseconds;
      for (const timer of timers.splice(0)) {
        if (timer.due <= time) timer.action();
        else timers.push(timer);
      }
      await settled();
    };
    const batches: number[][] = [];
    const run = async (items: number[]) => void batches.push(items);
    const batcher = new MicroBatcher<number>(run, 1_000, { clock, milliseconds: 20 }, (item) => by.get(item) ?? 'saga');
    const push = async (...items: number[]) => {
      for (const item of items) batcher.push(item);
      await settled();
    };
    return { batcher, batches, push, pass };
  }

  test('waits as long as it may, however little arrives', async () => {
    const { batches, push, pass } = lazy();
    await push(NOBODYS);
    await pass(19);
    await push(NOBODYS);
    expect(batches).toEqual([]);
    await pass(1);
    expect(batches).toEqual([[NOBODYS, NOBODYS]]);
  });

  test.each([
    ['a saga', SAGAS],
    ['a client', CLIENTS],
  ])('goes along with the first that %s waits for', async (_whom, urgent) => {
    const { batches, push } = lazy();
    await push(NOBODYS, NOBODYS);
    await push(urgent);
    expect(batches).toEqual([[NOBODYS, NOBODYS, urgent]]);
  });

  test('waits for nothing beside what a saga waits for', async () => {
    const { batches, push } = lazy();
    await push(NOBODYS, SAGAS);
    expect(batches).toEqual([[NOBODYS, SAGAS]]);
  });

  test('waits no longer when nothing more can come', async () => {
    const { batcher, batches, push, pass } = lazy();
    await push(NOBODYS);
    batcher.hurry();
    await push();
    expect(batches).toEqual([[NOBODYS]]);
    batcher.hurry();
    await push(NOBODYS);
    expect(batches).toHaveLength(2);
    await push(NOBODYS);
    expect(batches).toHaveLength(2);
    await pass(20);
    expect(batches).toHaveLength(3);
  });

  test('what goes along waits for more with the others when many arrive', async () => {
    const { batches, push, pass } = lazy();
    for (let round = 0; round < 50; round++) {
      await push(...Array<number>(100).fill(SAGAS));
      await pass(20);
    }
    const before = batches.length;
    await push(NOBODYS);
    await push(SAGAS);
    expect(batches).toHaveLength(before);
    await pass(20);
    expect(batches.at(-1)).toEqual([NOBODYS, SAGAS]);
  });
});
