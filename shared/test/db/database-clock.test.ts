import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { DatabaseClock } from '@quickstep/shared/db';
import { migratedDatabase } from './fixture.js';

const EVERY = 10_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

let database: Awaited<ReturnType<typeof migratedDatabase>>;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  const real = ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;
  jest.useFakeTimers({ doNotFake: [...real, 'setInterval', 'clearInterval'] });
});
afterEach(() => void jest.useRealTimers());

/** A clock of a real database, and how often it has been asked. */
function clockOf() {
  let asked = 0;
  const dataSource = new Proxy(database.dataSource, {
    get: (target, name) => {
      if (name === 'query') asked++;
      return Reflect.get(target, name);
    },
  });
  return { clock: new DatabaseClock(dataSource), asked: () => asked };
}

test('a clock asks the database at its start and every ten seconds, until it is stopped', async () => {
  const { clock, asked } = clockOf();
  await clock.start();
  expect(asked()).toBe(1);
  jest.advanceTimersByTime(EVERY - 1);
  expect(asked()).toBe(1);
  jest.advanceTimersByTime(1);
  expect(asked()).toBe(2);
  // The next question waits for the answer.
  while (asked() < 3) {
    jest.advanceTimersByTime(EVERY);
    await turn();
  }
  clock.stop();
  for (let times = 0; times < 50; times++) {
    jest.advanceTimersByTime(EVERY);
    await turn();
  }
  expect(asked()).toBe(3);
});

test('an action comes after its time, unless it is taken back', () => {
  const { clock } = clockOf();
  const done: string[] = [];
  clock.after(100, () => done.push('first'));
  const cancel = clock.after(100, () => done.push('second'));
  jest.advanceTimersByTime(99);
  expect(done).toEqual([]);
  cancel();
  jest.advanceTimersByTime(1);
  expect(done).toEqual(['first']);
});
