import type { EntitySchema } from 'typeorm';

export type Key = string;

/** How a step meets a row: `fresh` creates it on first touch, `existing` leaves absent absent; both lock it. `read` never locks. */
export type Access = 'fresh' | 'existing' | 'read';

/** Names rows of one table; what `decide` gets for it is in the type: `Loaded`. */
export interface Ref<Loaded = unknown> {
  readonly table: Table;
  readonly access: Access;
  readonly keys: readonly Key[];
  /** One key gives one row, a list of keys gives a list. */
  readonly single: boolean;
  /** Only carries the type. */
  readonly loaded?: Loaded;
}

export type Refs = Readonly<Record<string, Ref>>;

/** The rows that `decide` gets, named as its step named them. */
export type LoadedRows<R extends Refs> = { readonly [Name in keyof R]: R[Name] extends Ref<infer Loaded> ? Loaded : never };

/** A row is a flat object; nested values are JSON columns and are replaced, never mutated (hence `readonly` in row types). */
export type Row = { readonly [property: string]: unknown };

/** A table whose rows steps may name: TypeORM's entity, its key, and what a row is before anything happened to it. */
export interface Table {
  readonly schema: EntitySchema;
  readonly name: string;
  /** The property that is the primary key. */
  readonly key: string;
  newRow(key: Key): Row;
}

export interface TypedTable<R extends object> extends Table {
  readonly properties: readonly (keyof R & string)[];
  /** The row of this key, created when absent: where two steps can meet first in either order. */
  fresh(key: Key): Ref<R>;
  /** The row of this key, locked; undefined when absent. */
  existing(key: Key): Ref<R | undefined>;
  /** The rows of these keys that exist, locked, in the order of the keys. */
  existing(keys: readonly Key[]): Ref<R[]>;
  /** The rows of these keys that exist, as last committed, not locked and not to be changed. */
  read(keys: readonly Key[]): Ref<readonly Readonly<R>[]>;
}

/**
 * Makes an entity's rows available to steps.
 *
 * @param newRow what a row is on first touch; it is inserted only if a step changes it
 * @throws TypeError when the entity does not have exactly one primary column
 */
export function table<R extends object>(schema: EntitySchema<R>, newRow: (key: Key) => R): TypedTable<R> {
  const { name, tableName = name, columns } = schema.options;
  const properties = Object.keys(columns) as (keyof R & string)[];
  const [key, ...others] = properties.filter((property) => columns[property]?.primary);
  if (key === undefined || others.length > 0) throw new TypeError(`Entity "${name}" needs exactly one primary column`);
  const self: Table = { schema, name: tableName, key, newRow: (each) => Object.assign<Row, R>({}, newRow(each)) };
  // PostgreSQL writes UUIDs in lower case, whatever case they came in; rows are found by their key as it writes it.
  const spelt = columns[key]?.type === 'uuid' ? (each: Key) => each.toLowerCase() : (each: Key) => each;
  function existing(key: Key): Ref<R | undefined>;
  function existing(keys: readonly Key[]): Ref<R[]>;
  function existing(keys: Key | readonly Key[]): Ref<R | undefined> | Ref<R[]> {
    return typeof keys === 'string'
      ? { table: self, access: 'existing', keys: [spelt(keys)], single: true }
      : { table: self, access: 'existing', keys: keys.map(spelt), single: false };
  }
  return {
    ...self,
    properties,
    fresh: (each) => ({ table: self, access: 'fresh', keys: [spelt(each)], single: true }),
    existing,
    read: (keys) => ({ table: self, access: 'read', keys: keys.map(spelt), single: false }),
  };
}
