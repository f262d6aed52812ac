import { expect, test } from '@jest/globals';
import { Postponed } from '../../src/pipeline/postponed.js';

const FIRST = 1_000;
const LONGEST = 300_000;
const FORGOTTEN_AFTER = 3_600_000;

/** How long a row that fails at this moment is left alone, in milliseconds. */
function waitAt(postponed: Postponed, key: string, now: number): number {
  postponed.failed(key, now);
  let wait = 0;
  while (postponed.waiting(now + wait).includes(key)) wait += FIRST;
  return wait;
}

test('a row that fails again and again is left alone for twice as long each time, up to five minutes', () => {
  const postponed = new Postponed(FIRST);
  const waits = Array.from({ length: 11 }, () => waitAt(postponed, 'soup', 0));
  expect(waits).toEqual([...Array.from({ length: 9 }, (_, times) => FIRST * 2 ** times), LONGEST, LONGEST]);
});

test('a row that succeeded begins anew', () => {
  const postponed = new Postponed(FIRST);
  postponed.failed('soup', 0);
  postponed.failed('soup', 0);
  postponed.succeeded('soup');
  expect(postponed.waiting(0)).toEqual([]);
  expect(waitAt(postponed, 'soup', 0)).toBe(FIRST);
});

test.each([
  [0, 2 * FIRST],
  [1, FIRST],
])('a row that was not tried again for an hour and %i ms is left alone for %i ms', (later, wait) => {
  const postponed = new Postponed(FIRST);
  postponed.failed('soup', 0);
  const now = FIRST + FORGOTTEN_AFTER + later;
  expect(postponed.waiting(now)).toEqual([]);
  expect(waitAt(postponed, 'soup', now)).toBe(wait);
});

test('of too many rows the one that failed longest ago is not remembered', () => {
  const postponed = new Postponed(FIRST);
  for (let row = 0; row < 10_000; row++) postponed.failed(`dish ${row}`, 0);
  expect(postponed.waiting(0)).toHaveLength(10_000);
  postponed.failed('dish 0', 0);
  postponed.failed('soup', 0);
  const waiting = postponed.waiting(0);
  expect(waiting).toHaveLength(10_000);
  expect(waiting).not.toContain('dish 1');
  expect(waiting).toEqual(expect.arrayContaining(['dish 0', 'soup']));
});
