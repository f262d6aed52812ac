import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from '@jest/globals';
import { createLogger } from '@quickstep/shared/logging';
import { LiveEvents } from '../src/archive/index.js';

const logger = createLogger({ service: 'test', level: 'error' });
const away = async () => Promise.reject(new Error('the database is away'));

test.each([
  ['where the archive ends', { end: away, read: async () => [] }],
  ['what it lacks', { end: async () => 1, read: away }],
])('a listener of whom it cannot be read %s is let go', async (_, archive) => {
  const live = new LiveEvents(archive, () => '', logger);
  const stream = new PassThrough();
  stream.resume();
  await live.add(stream, {}, 0);
  await finished(stream);
  expect(stream.writableEnded).toBe(true);
});
