import { expect, test } from '@jest/globals';
import { OrderCompleted } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { happened } from '@quickstep/shared/testing';
import { type ArchivedEvent, follow, type Looked, RecentEvents } from '../src/archive/index.js';

const event = happened(OrderCompleted({ ...sampleOrder(), trackingNumber: 'T' }));
const page = (first: number, last: number, body = ''): ArchivedEvent[] =>
  Array.from({ length: last - first + 1 }, (_, index) => ({ position: first + index, service: 'a', event, body }));
const after = (recent: RecentEvents, position: number) => recent.after(position)?.map((each) => each.position);

test('pages in a row are one; a hole, or an answer that comes late, is not passed by', () => {
  const recent = new RecentEvents();
  expect(recent.after(0)).toBeUndefined();
  recent.add(page(1, 2));
  recent.add(page(3, 3));
  expect(after(recent, 0)).toEqual([1, 2, 3]);
  expect(after(recent, 2)).toEqual([3]);
  expect(after(recent, 3)).toBeUndefined();
  recent.add(page(6, 7));
  expect(after(recent, 3)).toBeUndefined();
  expect(after(recent, 5)).toEqual([6, 7]);
  recent.add(page(4, 5));
  expect(after(recent, 3)).toBeUndefined();
  expect(after(recent, 5)).toEqual([6, 7]);
});

test('what all followers are done with is dropped, and the oldest when there is too much', () => {
  const recent = new RecentEvents();
  const [first, second] = [Symbol('first'), Symbol('second')];
  recent.done(first, 0);
  recent.done(second, 0);
  recent.add(page(1, 4));
  recent.done(first, 4);
  expect(after(recent, 0)).toEqual([1, 2, 3, 4]);
  recent.done(second, 2);
  expect(recent.after(1)).toBeUndefined();
  expect(after(recent, 2)).toEqual([3, 4]);
  recent.add(page(5, 8, 'x'.repeat(9_000_000)));
  expect(recent.after(4)).toBeUndefined();
  expect(after(recent, 5)).toEqual([6, 7, 8]);
});

test('who follows looks again when something comes, at once after nothing and with the next tick after a crowd', async () => {
  const recent = new RecentEvents();
  const stopping = new AbortController();
  const waits: { milliseconds: number; end: () => void }[] = [];
  let waited = () => {};
  const clock = {
    now: () => new Date('2026-11-24T12:00:00.700Z'),
    after(milliseconds: number, end: () => void) {
      waits.push({ milliseconds, end });
      waited();
      return () => undefined;
    },
  };
  const nextWait = () =>
    new Promise<number>((resolve) => {
      waited = () => resolve(waits.at(-1)?.milliseconds ?? 0);
    });
  const outcomes: Looked[] = ['nothing', 'many', 'few', 'failed', 'nothing'];
  const look = async () => outcomes.shift() ?? 'nothing';
  const idle = nextWait();
  const following = follow({ recent, clock, signal: stopping.signal, look });
  expect(await idle).toBe(1_000);
  const crowd = nextWait();
  recent.add([]);
  expect(await crowd).toBe(300);
  for (const expected of [200, 1_000, 1_000]) {
    const next = nextWait();
    waits.at(-1)?.end();
    expect(await next).toBe(expected);
  }
  stopping.abort();
  await following;
});
