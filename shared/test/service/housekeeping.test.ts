import { expect, test } from '@jest/globals';
import type { Clock } from '@quickstep/shared/pipeline';
import { housekeeping } from '../../src/service/parts/housekeeping.js';

const rule = (table: string, days = 30) => ({ table, column: 'at', days });

/** Time passes when there is nothing else to do. */
function hurriedClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  const after = (milliseconds: number, action: () => void) => {
    waits.push(milliseconds);
    // The wait for the next hour never ends.
    if (milliseconds < 1_000) setImmediate(action);
    return () => undefined;
  };
  return { waits, now: () => new Date(0), elapsed: () => 0, after };
}

test('every rule is applied page by page with a pause; one that fails holds up none, one of 0 days deletes nothing', async () => {
  const rows = new Map([
    ['many', 12_000],
    ['few', 3],
    ['kept', 9],
  ]);
  const clock = hurriedClock();
  const deleted: [string, number][] = [];
  const failed: string[] = [];
  await new Promise<void>((resolve) => {
    housekeeping({
      rules: [rule('many'), rule('broken'), rule('kept', 0), rule('few')],
      clock,
      before: async () => undefined,
      deleteOld: async ({ table }, limit) => {
        if (table === 'broken') throw new Error('There is no such table');
        const left = rows.get(table) ?? 0;
        const page = Math.min(left, limit);
        rows.set(table, left - page);
        return page;
      },
      deleted: (table, count) => {
        deleted.push([table, count]);
        if (table === 'few') resolve();
      },
      failed: (table) => failed.push(table),
    });
  });
  expect(deleted).toEqual([
    ['many', 5_000],
    ['many', 5_000],
    ['many', 2_000],
    ['few', 3],
  ]);
  expect(failed).toEqual(['broken']);
  expect(clock.waits.filter((wait) => wait < 1_000)).toEqual([100, 100]);
  expect(rows.get('kept')).toBe(9);
});

test('a stop waits for the page that is under way and begins no other', async () => {
  let pages = 0;
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let answer = (_rows: number) => {};
  const stop = housekeeping({
    rules: [rule('many'), rule('more')],
    clock: hurriedClock(),
    before: async () => undefined,
    deleteOld: () => {
      pages++;
      begin();
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    deleted: () => undefined,
    failed: () => undefined,
  });
  await begun;
  const stopped = stop();
  answer(5_000);
  await stopped;
  expect(pages).toBe(1);
});
