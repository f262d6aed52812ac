import { type TSchema, Type } from '@sinclair/typebox';

/** A `Date` in code, RFC 3339 in UTC on the wire. */
export const Timestamp = Type.Unsafe<Date>({ type: 'string', format: 'date-time' });

/** For what may be unknown: null on the wire rather than absent, so that answers keep their shape. */
export function Nullable<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()]);
}

/**
 * Gives a schema a name, under which it stands once in a document.
 *
 * @param example of a value, as it is on the wire
 */
export function named<S extends TSchema>(title: string, schema: S, example?: unknown): S {
  return { ...schema, title, ...(example === undefined ? {} : { examples: [example] }) };
}
