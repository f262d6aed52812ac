import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { createLogger } from '@quickstep/shared/logging';
import { WAIT } from '../src/archive/feed-client.js';
import { Follower } from '../src/archive/follower.js';

const logger = createLogger({ service: 'test', level: 'error' });
const positions = { cursorOf: async () => undefined, store: async () => 'c1' };
const event = { id: '0193a4b0-0000-7000-8000-000000000001', type: 't', subject: 's', correlationid: 's', causationid: 'c' };
const page = `${JSON.stringify({ cursor: 'c1', event: { ...event, time: '2026-11-24T12:00:00Z' } })}\n`;

test.each([
  ['there is nothing', '', 100, 0],
  ['there is one event', page, 100, 0],
  // They are a crowd: it is asked at the next even second, and may have emitted more meanwhile.
  ['there are a hundred events', page.repeat(100), 1_000, 1],
])('a service that says at once that %s is not asked again at once', async (_, answer, pause, lag) => {
  let reads = 0;
  const feed = {
    async read() {
      if (++reads > 1) throw new Error('It was asked again');
      return answer;
    },
  };
  let rested: (milliseconds: number) => void = () => {};
  const firstRest = new Promise<number>((resolve) => {
    rested = resolve;
  });
  let now = new Date('2026-11-24T12:00:01Z');
  const clock = {
    now: () => now,
    elapsed: () => now.getTime(),
    after(milliseconds: number) {
      rested(milliseconds);
      return () => undefined;
    },
  };
  const follower = new Follower({ service: 'a', feed, positions, clock, logger });
  follower.start();
  expect(await firstRest).toBe(pause);
  now = new Date('2026-11-24T12:00:02Z');
  expect(follower.state.lag).toBe(lag);
  await follower.stop();
  expect(reads).toBe(1);
});

test('a page that ends because its events are large is no end: more is asked for at once', async () => {
  const large = `${JSON.stringify({ cursor: 'c1', event: { ...event, time: '2026-11-24T12:00:00Z', data: 'x'.repeat(4_000_000) } })}\n`;
  const pages = [large, large, page];
  let reads = 0;
  let rested: () => void = () => {};
  const firstRest = new Promise<void>((resolve) => {
    rested = resolve;
  });
  const clock = {
    now: () => new Date('2026-11-24T12:00:01Z'),
    elapsed: () => 0,
    after() {
      rested();
      return () => undefined;
    },
  };
  const feed = { read: async () => pages[reads++] ?? '' };
  const follower = new Follower({ service: 'a', feed, positions, clock, logger });
  follower.start();
  await firstRest;
  await follower.stop();
  expect(reads).toBe(3);
});

test('after an outage the first answer, which waits for no event, says that a log can be read again', async () => {
  const reads: { wait: number; failure: string | undefined }[] = [];
  let waiting: () => void = () => {};
  const waits = new Promise<void>((resolve) => {
    waiting = resolve;
  });
  const feed = {
    async read(_: string | undefined, wait: number, signal: AbortSignal) {
      reads.push({ wait, failure: follower.state.failure });
      if (reads.length === 2) throw new Error('It is away');
      if (reads.length < 4) return '';
      waiting();
      await once(signal, 'abort');
      return '';
    },
  };
  const clock = {
    now: () => new Date('2026-11-24T12:00:01Z'),
    elapsed: () => 0,
    after(_: number, run: () => void) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
  };
  const follower = new Follower({ service: 'a', feed, positions, clock, logger });
  follower.start();
  await waits;
  await follower.stop();
  expect(reads).toEqual([
    { wait: 0, failure: undefined },
    { wait: WAIT, failure: undefined },
    { wait: 0, failure: 'It is away' },
    { wait: WAIT, failure: undefined },
  ]);
});
