/** One window of one key, as the API answers it. */
export interface WindowRow {
  readonly start: string;
  readonly end: string;
  readonly key: string;
  readonly count: number;
  readonly sum: number;
  readonly corrections: number;
  readonly closed: boolean;
}

export interface Point {
  /** Seconds since 1970. */
  readonly at: number;
  readonly value: number;
}

export interface Series {
  readonly title: string;
  readonly points: readonly Point[];
}

/** What of windows is drawn: a mean where times are measured, a share of those that were counted. */
function shownOf(name: string, count: number, sum: number): number {
  if (name === 'orders-placed') return count;
  if (name.startsWith('time-') || name.endsWith('-share')) return count === 0 ? 0 : sum / count;
  return sum;
}

function pointsOf(name: string, rows: readonly WindowRow[]): Point[] {
  const starts = new Map<string, { count: number; sum: number }>();
  for (const { start, count, sum } of rows) {
    const before = starts.get(start) ?? { count: 0, sum: 0 };
    starts.set(start, { count: before.count + count, sum: before.sum + sum });
  }
  const points = [...starts].map(([start, { count, sum }]) => ({
    at: Date.parse(start) / 1_000,
    value: shownOf(name, count, sum),
  }));
  return points.sort((one, other) => one.at - other.at);
}

/**
 * What is drawn of windows: all keys together, but amounts of each currency on their own.
 *
 * @param rows latest first
 * @param cut more rows follow: those of the earliest start may not be all of it
 */
export function seriesOf(name: string, rows: readonly WindowRow[], cut: boolean): Series[] {
  const earliest = rows.at(-1)?.start;
  const whole = cut ? rows.filter(({ start }) => start !== earliest) : rows;
  const title = name.replaceAll('-', ' ');
  if (name !== 'sales') return [{ title, points: pointsOf(name, whole) }];
  const currencies = [...new Set(whole.map(({ key }) => key))].sort();
  return currencies.map((currency) => ({
    title: `${title} in ${currency}`,
    points: pointsOf(
      name,
      whole.filter(({ key }) => key === currency),
    ),
  }));
}
