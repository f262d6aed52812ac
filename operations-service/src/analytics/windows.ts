import { DEFAULT_LATENESS, type WindowDeclaration, type WindowShape } from './declaration.js';
import type { Signal } from './signals.js';

const SECOND = 1_000;

/** The result of one window and key. Times are milliseconds since 1970. */
export interface WindowResult {
  readonly start: number;
  readonly end: number;
  readonly key: string;
  readonly count: number;
  readonly sum: number;
  readonly least: number;
  readonly most: number;
  /** How often it changed after the watermark had passed its end. */
  readonly corrections: number;
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

/** The result with one more observation; undefined when it comes too late to be counted. */
export function withSignal(
  { window }: Pick<WindowDeclaration, 'window'>,
  known: WindowResult | undefined,
  start: number,
  { key, value }: Signal,
  watermark: number,
): WindowResult | undefined {
  const end = start + window.seconds * SECOND;
  if (isFinal(end, window, watermark)) return undefined;
  const { count, sum, least, most, corrections } = known ?? { count: 0, sum: 0, least: value, most: value, corrections: 0 };
  return {
    start,
    end,
    key,
    count: count + 1,
    sum: sum + value,
    least: Math.min(least, value),
    most: Math.max(most, value),
    corrections: corrections + (isClosed(end, watermark) ? 1 : 0),
  };
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
  return Math.min(...sources.map((each) => reached.get(each) ?? Number.NEGATIVE_INFINITY));
}
