import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, jest, test } from '@jest/globals';
import { createLogger } from '@quickstep/shared/logging';
import { LISTENERS_AT_MOST, LiveEvents } from '../src/archive/index.js';

const logger = createLogger({ service: 'test', level: 'error' });
const away = async () => Promise.reject(new Error('the database is away'));

test.each([
  ['where the archive ends', { end: away, read: async () => [] }],
  ['what it lacks', { end: async () => 1, read: away }],
])('a listener of whom it cannot be read %s is let go', async (_, archive) => {
  const live = new LiveEvents(archive, () => '', logger);
  const stream = new PassThrough();
  stream.resume();
  live.add(stream, {}, 0);
  await finished(stream);
  expect(stream.writableEnded).toBe(true);
});

test('counts listeners from the start, and those no more that go before the archive has answered', async () => {
  const asked: (() => void)[] = [];
  const read = jest.fn(async () => []);
  const live = new LiveEvents({ end: () => new Promise((resolve) => asked.push(() => resolve(0))), read }, () => '', logger);
  const streams = Array.from({ length: LISTENERS_AT_MOST }, () => new PassThrough());
  for (const stream of streams) live.add(stream, {}, undefined);
  expect(live.full).toBe(true);
  await Promise.all(streams.map((stream) => once(stream.destroy(), 'close')));
  for (const answer of asked) answer();
  await new Promise(setImmediate);
  expect(live.full).toBe(false);
  expect(read).not.toHaveBeenCalled();
});

test('takes nobody who has gone before', async () => {
  const end = jest.fn(async () => 0);
  const live = new LiveEvents({ end, read: async () => [] }, () => '', logger);
  const gone = new PassThrough();
  await once(gone.destroy(), 'close');
  for (let n = 0; n < LISTENERS_AT_MOST; n++) live.add(gone, {}, undefined);
  expect(live.full).toBe(false);
  expect(end).not.toHaveBeenCalled();
});
