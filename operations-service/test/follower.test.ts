import { expect, test } from '@jest/globals';
import { createLogger } from '@quickstep/shared/logging';
import { Follower } from '../src/archive/follower.js';

const logger = createLogger({ service: 'test', level: 'error' });
const positions = { cursorOf: async () => undefined, store: async () => 'c1' };
const event = { id: '0193a4b0-0000-7000-8000-000000000001', type: 't', subject: 's', correlationid: 's', causationid: 'c' };
const page = `${JSON.stringify({ cursor: 'c1', event: { ...event, time: '2026-11-24T12:00:00Z' } })}\n`;

test.each([
  ['there is nothing', ''],
  ['there is one event', page],
])('a service that says at once that %s is not asked again at once', async (_, answer) => {
  let reads = 0;
  const feed = {
    async read() {
      if (++reads > 1) throw new Error('It was asked again');
      return answer;
    },
  };
  let rested = () => {};
  const firstRest = new Promise<void>((resolve) => {
    rested = resolve;
  });
  const clock = {
    now: () => new Date('2026-11-24T12:00:01Z'),
    after() {
      rested();
      return () => undefined;
    },
  };
  const follower = new Follower({ service: 'a', feed, positions, clock, logger });
  follower.start();
  await firstRest;
  await follower.stop();
  expect(reads).toBe(1);
});
