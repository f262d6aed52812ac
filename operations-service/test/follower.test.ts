import { expect, test } from '@jest/globals';
import { createLogger } from '@quickstep/shared/logging';
import { Follower } from '../src/archive/follower.js';

const logger = createLogger({ service: 'test', level: 'error' });
const positions = { cursorOf: async () => undefined, store: async () => undefined };

test('a service that says at once that there is nothing is not asked again at once', async () => {
  let reads = 0;
  const feed = {
    async read() {
      if (++reads > 1) throw new Error('It was asked again');
      return '';
    },
  };
  let rested = () => {};
  const firstRest = new Promise<void>((resolve) => {
    rested = resolve;
  });
  const clock = {
    now: () => new Date(0),
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
