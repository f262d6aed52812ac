import { describe, expect, test } from '@jest/globals';
import { seriesOf } from '../../console/src/data/series.js';

const at = (minute: number) => `2026-11-20T12:${String(minute).padStart(2, '0')}:00.000Z`;
const row = (minute: number, key: string, count: number, sum: number) => ({
  start: at(minute),
  end: at(minute + 5),
  key,
  count,
  sum,
  corrections: 0,
  closed: true,
});
const point = (minute: number, value: number) => ({ at: Date.parse(at(minute)) / 1_000, value });

describe('what is drawn of windows', () => {
  test.each([
    ['orders-placed', 4],
    ['units-sold', 6],
    ['time-to-complete', 1.5],
    ['cancelled-share', 1.5],
  ])('%s: all keys of a window together, in the order of time', (name, value) => {
    const rows = [row(5, 'B', 3, 2), row(5, 'A', 1, 4), row(0, 'A', 2, 2)];
    const [drawn] = seriesOf(name, rows, false);
    expect(drawn?.points.at(-1)).toEqual(point(5, value));
    expect(drawn?.points.map(({ at: start }) => start)).toEqual([point(0, 0).at, point(5, 0).at]);
  });

  test('amounts of different currencies are never added', () => {
    const rows = [row(5, 'JPY', 1, 900), row(5, 'EUR', 2, 5_000), row(0, 'EUR', 1, 2_500)];
    expect(seriesOf('sales', rows, false)).toEqual([
      { title: 'sales in EUR', points: [point(0, 2_500), point(5, 5_000)] },
      { title: 'sales in JPY', points: [point(5, 900)] },
    ]);
  });

  test('a window of which more keys may follow is not drawn', () => {
    const rows = [row(5, 'B', 1, 1), row(5, 'A', 1, 1), row(0, 'B', 1, 1)];
    expect(seriesOf('units-sold', rows, true)).toEqual([{ title: 'units sold', points: [point(5, 2)] }]);
  });
});
