import { DEFAULT_LATENESS, type WindowShape } from './declaration.js';

const SECOND = 1_000;

/** The result of one window and key; changed by every observation. Times are milliseconds since 1970. */
export interface WindowResult {
  readonly start: number;
  readonly end: number;
  readonly key: string;
  count: number;
  sum: number;
  least: number;
  most: number;
  /** How often it changed after the watermark had passed its end. */
  corrections: number;
}

/** When the windows begin that contain a moment, latest first. Windows are aligned to 1970. */
export function startsOf(time: number, { seconds, every = seconds }: WindowShape): number[] {
  const step = every * SECOND;
  const last = Math.floor(time / step) * step;
  return Array.from({ length: seconds / every }, (_, index) => last - index * step);
}

export function isClosed(end: number, watermark: number): boolean {
  return watermark >= end;
}

/** Whether nothing changes it any more. */
export function isFinal(end: number, { lateness = DEFAULT_LATENESS }: WindowShape, watermark: number): boolean {
  return watermark >= end + lateness * SECOND;
}

export const endOf = (start: number, { seconds }: WindowShape): number => start + seconds * SECOND;

/** A window of which nothing has been observed yet. */
export const emptyWindow = (start: number, window: WindowShape, key: string): WindowResult => ({
  start,
  end: endOf(start, window),
  key,
  count: 0,
  sum: 0,
  least: Number.POSITIVE_INFINITY,
  most: Number.NEGATIVE_INFINITY,
  corrections: 0,
});

/** Adds one observation. */
export function addTo(result: WindowResult, value: number): void {
  result.count += 1;
  result.sum += value;
  result.least = Math.min(result.least, value);
  result.most = Math.max(result.most, value);
}

/** By service, the time of the latest event that has been seen of it. */
export type Reached = ReadonlyMap<string, number>;

/** Services, and this one, have the time of a database server each. Milliseconds. */
const CLOCKS_DIFFER = 10_000;

/**
 * How far a service has come with one more event of it: never further than now, whatever its clock says, as everything that came after an
 * event of the future would be late until that is past.
 */
export function reachedWith(known = Number.NEGATIVE_INFINITY, time: number, now: number): number {
  return Math.min(Math.max(known, time), now + CLOCKS_DIFFER);
}

/** The time that all of these services have reached: nothing older is to be expected of any of them. */
export function watermarkOf(sources: readonly string[], reached: Reached): number {
  let watermark = Number.POSITIVE_INFINITY;
  for (const each of sources) watermark = Math.min(watermark, reached.get(each) ?? Number.NEGATIVE_INFINITY);
  return watermark;
}
