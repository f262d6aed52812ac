import { type TSchema, Type } from '@sinclair/typebox';
import { invalid } from './problem.js';

/** Query parameters of a route that lists. */
export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 50, description: 'Items at most' }),
  cursor: Type.Optional(Type.String({ maxLength: 400, description: '`nextCursor` of the page before' })),
};

/** Of a key that is a UUID. */
export const UUID_KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One page of a list, named after its items. */
export function pageSchema<Item extends TSchema>(item: Item) {
  const title = item.title === undefined ? {} : { title: `${item.title}Page` };
  const properties = {
    items: Type.Array(item),
    nextCursor: Type.Optional(Type.String({ description: 'Asks for the next page; absent on the last one' })),
  };
  return Type.Object(properties, title);
}

/** A cursor is the key of the last item seen: pages stay right while items are added. Opaque to clients. */
export function encodeCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

/** @throws Problem `invalid_request` when no page gave out this cursor, as far as its shape tells (`pattern` is that of a key) */
export function decodeCursor(cursor: string | undefined, pattern: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  // Decoding leaves out what is no letter of its alphabet.
  if (pattern.test(key) && encodeCursor(key) === cursor) return key;
  throw invalid([{ pointer: '/cursor', detail: 'must be the nextCursor of an earlier page' }]);
}

/** A page of rows, of which one more than `limit` was read to see whether another page follows. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string,
): { items: Row[]; nextCursor?: string } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(keyOf(last)) } : { items };
}
