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

/** Far more than a busy machine makes of a short question. */
const LONG_SECONDS = 4;

/**
 * A clock of a real database, and how often it has been asked.
 *
 * @param slow which of the answers arrives long after it was given
 * @param setBack after so many questions somebody sets the clock of the database back by an hour
 */
function clockOf(slow?: number, setBack = Number.POSITIVE_INFINITY) {
  let asked = 0;
  let answered = 0;
  const ask = async (text: string) => {
    const isSlow = ++asked === slow;
    const set = asked > setBack ? text.replace('clock_timestamp()', "(clock_timestamp() - interval '1 hour')") : text;
    const rows = await database.dataSource.query(set);
    if (isSlow) await database.dataSource.query(`select pg_sleep(${LONG_SECONDS})`);
    answered++;
    return rows;
  };
  const dataSource = new Proxy(database.dataSource, {
    get: (target, name) => (name === 'query' ? ask : Reflect.get(target, name)),
  });
  return { clock: new DatabaseClock(dataSource), asked: () => asked, waits: () => answered < asked };
}

/** How far a clock is from that of the database, at least. In milliseconds. */
async function errorOf(clock: DatabaseClock): Promise<number> {
  const ask = async () => {
    const [row]: { now: Date }[] = await database.dataSource.query('select clock_timestamp() as now');
    return row?.now.getTime() ?? Number.NaN;
  };
  const before = await ask();
  const now = clock.now().getTime();
  const after = await ask();
  return Math.max(0, before - now, now - after);
}

/**
 * Lets the clock ask until it has asked so often, and the answers before the last have been dealt with. The time stands still while it waits
 * for an answer, or its connection would count as dead.
 */
async function untilAsked({ asked, waits }: ReturnType<typeof clockOf>, times: number): Promise<void> {
  while (asked() < times) {
    if (!waits()) jest.advanceTimersByTime(EVERY);
    await turn();
  }
}

test('a clock asks the database at its start and every ten seconds, until it is stopped', async () => {
  const made = clockOf();
  const { clock, asked } = made;
  await clock.start();
  expect(asked()).toBe(1);
  jest.advanceTimersByTime(EVERY - 1);
  expect(asked()).toBe(1);
  jest.advanceTimersByTime(1);
  expect(asked()).toBe(2);
  // The next question waits for the answer.
  await untilAsked(made, 3);
  clock.stop();
  for (let times = 0; times < 50; times++) {
    jest.advanceTimersByTime(EVERY);
    await turn();
  }
  expect(asked()).toBe(3);
});

test('a clock goes by the database once it has started, whatever the process takes for the time', async () => {
  Object.defineProperty(performance, 'timeOrigin', { value: 0, configurable: true });
  try {
    const { clock } = clockOf();
    expect(clock.now().getFullYear()).toBe(1970);
    await clock.start();
    clock.stop();
    const [row]: { now: Date }[] = await database.dataSource.query('select clock_timestamp() as now');
    expect(clock.now().toISOString().slice(0, 10)).toBe(row?.now.toISOString().slice(0, 10));
  } finally {
    Reflect.deleteProperty(performance, 'timeOrigin');
  }
});

test('an answer that took long sets no clock that was right before', async () => {
  const made = clockOf(2);
  const { clock } = made;
  await clock.start();
  await untilAsked(made, 3);
  clock.stop();
  expect(await errorOf(clock)).toBeLessThan(LONG_SECONDS * 250);
});

test('the first answer counts however long it took, until there is a better one', async () => {
  const made = clockOf(1);
  const { clock } = made;
  await clock.start();
  const first = await errorOf(clock);
  expect(first).toBeGreaterThan(LONG_SECONDS * 250);
  expect(first).toBeLessThan(LONG_SECONDS * 1_000);
  await untilAsked(made, 3);
  clock.stop();
  expect(await errorOf(clock)).toBeLessThan(LONG_SECONDS * 250);
});

test('what has passed is not told by the clock of the database: somebody may set that', async () => {
  const made = clockOf(undefined, 1);
  const { clock } = made;
  await clock.start();
  const [now, elapsed] = [clock.now().getTime(), clock.elapsed()];
  await untilAsked(made, 3);
  clock.stop();
  expect(clock.now().getTime()).toBeLessThan(now);
  expect(clock.elapsed()).toBeGreaterThanOrEqual(elapsed);
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
