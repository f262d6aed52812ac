import type { Column, KeyColumn } from './column.js';

export type Key = string;

/** A row is a flat object; nested values are JSON columns and are replaced, never mutated (hence `readonly` in row types). */
export type Row = { readonly [property: string]: unknown };

export type Columns = Readonly<Record<string, Column>>;

type KeyOf<C extends Columns> = { [P in keyof C]: C[P] extends KeyColumn ? P : never }[keyof C];

/** The row that a table's columns declare: its key cannot be changed, all else can. */
export type RowOf<T> =
  T extends TypedTable<infer R>
    ? R
    : T extends Columns
      ? { readonly [P in KeyOf<T>]: string } & Values<Omit<T, KeyOf<T>>>
      : never;

type Values<C> = { -readonly [P in keyof C]: C[P] extends Column<infer Value> ? Value : never };

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

/** A table whose rows steps may name. */
export interface Table {
  readonly name: string;
  readonly columns: Columns;
  /** The property that is the primary key. */
  readonly key: string;
  /** What a row is on first touch; it is inserted only if a step changes it. */
  newRow(key: Key): Row;
}

export interface TypedTable<R extends object> extends Table {
  /** The row of this key, created when absent: where two steps can meet first in either order. */
  fresh(key: Key): Ref<R>;
  /** The row of this key, locked; undefined when absent. */
  existing(key: Key): Ref<R | undefined>;
  /** The rows of these keys that exist, locked, in the order of the keys. */
  existing(keys: readonly Key[]): Ref<R[]>;
  /** The rows of these keys that exist, as last committed, not locked and not to be changed. */
  read(keys: readonly Key[]): Ref<readonly Readonly<R>[]>;
}

/** A property's column: `orderId` is stored as `order_id`. */
export function columnName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Declares a table, once: the type of its rows, a fresh row, the statements and the entity all come from its columns.
 *
 * @throws TypeError unless exactly one column is the key
 */
export function table<C extends Columns>(name: string, columns: C): TypedTable<RowOf<C> & object> {
  const [key, ...others] = Object.keys(columns).filter((property) => columns[property]?.key);
  if (key === undefined || others.length > 0) throw new TypeError(`Table "${name}" needs exactly one key column`);
  const initial = Object.fromEntries(Object.entries(columns).map(([property, column]) => [property, column.initial]));
  // PostgreSQL writes UUIDs in lower case, whatever case they came in; rows are found by their key as it writes it.
  const spelt = columns[key]?.type === 'uuid' ? (each: Key) => each.toLowerCase() : (each: Key) => each;
  const self: Table = { name, columns, key, newRow: (each) => ({ ...initial, [key]: each }) };
  function existing(key: Key): Ref<RowOf<C> | undefined>;
  function existing(keys: readonly Key[]): Ref<RowOf<C>[]>;
  function existing(keys: Key | readonly Key[]): Ref<RowOf<C> | undefined> | Ref<RowOf<C>[]> {
    return typeof keys === 'string'
      ? { table: self, access: 'existing', keys: [spelt(keys)], single: true }
      : { table: self, access: 'existing', keys: keys.map(spelt), single: false };
  }
  return {
    ...self,
    fresh: (each) => ({ table: self, access: 'fresh', keys: [spelt(each)], single: true }),
    existing,
    read: (keys) => ({ table: self, access: 'read', keys: keys.map(spelt), single: false }),
  };
}

/** Changes some properties of a row at once; one that the row does not have does not compile. */
export function change<R extends object>(row: R, changes: Readonly<Partial<NoInfer<R>>>): void {
  Object.assign(row, changes);
}
