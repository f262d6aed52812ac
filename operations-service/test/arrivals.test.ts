import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Arrivals, RecentEvents } from '../src/archive/index.js';

let recent: RecentEvents;
let arrivals: Arrivals;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  recent = new RecentEvents();
  arrivals = new Arrivals(recent);
});
afterEach(() => {
  arrivals.close();
  jest.useRealTimers();
});

const ARRIVED = 'data: arrived\n\n';

function listen() {
  const stream = new PassThrough();
  arrivals.add(stream);
  expect(String(stream.read())).toBe(': listening\n\n');
  return { stream, told: () => stream.read()?.toString() ?? '' };
}

test('however much comes, a listener is told at once and then once in a while, and nothing when nothing comes', () => {
  const { told } = listen();
  for (let page = 0; page < 100; page++) recent.add([]);
  expect(told()).toBe(ARRIVED);
  jest.advanceTimersByTime(2_000);
  expect(told()).toBe(ARRIVED);
  jest.advanceTimersByTime(10_000);
  expect(told()).toBe('');
  recent.add([]);
  expect(told()).toBe(ARRIVED);
});

test('who comes later is told too, and who goes leaves the others', () => {
  const first = listen();
  const second = listen();
  first.stream.destroy();
  recent.add([]);
  expect(second.told()).toBe(ARRIVED);
});

test('one that comes after all have gone is told', async () => {
  const { stream } = listen();
  stream.destroy();
  await once(stream, 'close');
  const { told } = listen();
  recent.add([]);
  expect(told()).toBe(ARRIVED);
});

test('one that reads nothing is let go', () => {
  const stream = new Writable({ highWaterMark: 20, write() {} });
  arrivals.add(stream);
  expect(stream.destroyed).toBe(false);
  recent.add([]);
  expect(stream.destroyed).toBe(true);
});

test('all end when the service stops, and nobody is taken any more', async () => {
  const { stream } = listen();
  arrivals.close();
  stream.resume();
  await finished(stream);
  expect(arrivals.full).toBe(true);
});
