import { decodeCursor } from './page.js';
import { invalid } from './problem.js';

/** Where a list goes on that is ordered by a time, then by an id: after the item that has these. */
export interface Place {
  readonly time: Date;
  readonly id: string;
}

/** What `pageOf` makes a cursor of: the time to the millisecond, which is all that a `Date` has. */
export function placeKey(time: Date | null, id: string): string {
  return `${time?.getTime() ?? 0} ${id}`;
}

/** Beyond it PostgreSQL and JavaScript write years differently. */
const LAST_YEAR = 9_999;

/** @throws Problem `invalid_request` when no page gave out this cursor, as far as its shape tells (`id` is the pattern of an id) */
export function decodePlace(cursor: string | undefined, id: RegExp): Place | undefined {
  const key = decodeCursor(cursor, /^\d{1,15} [^\0]+$/);
  if (key === undefined) return undefined;
  const space = key.indexOf(' ');
  const place = { time: new Date(Number(key.slice(0, space))), id: key.slice(space + 1) };
  if (place.time.getUTCFullYear() <= LAST_YEAR && id.test(place.id)) return place;
  throw invalid([{ pointer: '/cursor', detail: 'must be the nextCursor of an earlier page' }]);
}
