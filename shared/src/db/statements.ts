import { escapeIdentifier } from 'pg';
import { columnName, type Column as DeclaredColumn, type Key, type Row, type Table } from '../rows/index.js';
import { arrayLiteral } from './array-literal.js';
import type { Statement, Value } from './exchange.js';

interface Column {
  readonly property: string;
  readonly name: string;
  readonly type: string;
}

function columnOf(property: string, { type }: DeclaredColumn): Column {
  return { property, name: escapeIdentifier(columnName(property)), type };
}

type Kind = 'lock' | 'read' | 'insert' | 'locked';

interface Update {
  readonly columns: readonly Column[];
  readonly name: string;
  readonly text: string;
}

/** One column of many rows as one parameter, so that a statement's text does not change with the number of rows. */
function parameter({ property, type }: Column, rows: readonly Row[]): string {
  const values = rows.map((row) => row[property]);
  return type === 'jsonb' ? JSON.stringify(values) : arrayLiteral(values);
}

function source({ type }: Column, index: number): string {
  return type === 'jsonb' ? `jsonb_array_elements($${index + 1}::jsonb)` : `unnest($${index + 1}::${type}[])`;
}

const rowsFrom = (columns: readonly Column[]) =>
  `rows from (${columns.map(source).join(', ')}) as v(${columns.map(({ name }) => name).join(', ')})`;

/** JSON's null is stored as SQL's: a row has one way to say that there is nothing. */
const value = ({ name, type }: Column) => (type === 'jsonb' ? `nullif(v.${name}, 'null'::jsonb)` : `v.${name}`);

/** By key: two transactions that write the same rows then meet at the first of them, and cannot deadlock. */
function inKeyOrder(rows: readonly Row[], key: string): Row[] {
  return [...rows].sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1));
}

/** The statements of one table, generated once from its declaration. */
export class TableStatements {
  readonly #key: Column;
  readonly #table: string;
  readonly #name: string;
  readonly #columns: readonly Column[];
  readonly #texts: Readonly<Record<Kind, string>>;
  /** By the properties that it sets: steps change few sets of them, and a column that is not sent need not be encoded or parsed. */
  readonly #updates = new Map<string, Update>();

  constructor({ columns, name, key }: Table) {
    this.#name = name;
    this.#table = escapeIdentifier(name);
    this.#columns = Object.entries(columns).map(([property, column]) => columnOf(property, column));
    this.#key = this.column(key);
    const names = this.#columns.map((column) => column.name).join(', ');
    const rows = rowsFrom(this.#columns);
    const aliased = this.#columns.map((column) => `${column.name} as ${escapeIdentifier(column.property)}`).join(', ');
    const found = `from ${this.#table} where ${this.#key.name} = any($1::${this.#key.type}[])`;
    this.#texts = {
      read: `select ${aliased} ${found}`,
      lock: `select ${aliased} ${found} order by ${this.#key.name} for update`,
      locked: `with free as (select ${this.#key.name} ${found} for update skip locked)
        select ${this.#key.name} as key ${found} except select ${this.#key.name} from free`,
      insert: `insert into ${this.#table} (${names}) select ${this.#columns.map(value).join(', ')} from ${rows}`,
    };
  }

  /** @throws TypeError when the table has no such property */
  column(property: string): Column {
    const found = this.#columns.find((column) => column.property === property);
    if (found === undefined) throw new TypeError(`Table "${this.#name}" has no property "${property}"`);
    return found;
  }

  load(keys: readonly Key[], lock: boolean): Statement {
    return this.#statement(lock ? 'lock' : 'read', [arrayLiteral(keys)]);
  }

  /** Those of the keys, each as `key`, whose rows another transaction keeps locked at this moment. */
  locked(keys: readonly Key[]): Statement {
    return this.#statement('locked', [arrayLiteral(keys)]);
  }

  /** Fails with 22012 when one of the rows is gone: a lock keeps it from being deleted, but only if it was there to be locked. */
  update(rows: readonly Row[], properties: readonly string[]): Statement {
    const { columns, name, text } = this.#updateOf(properties);
    const ordered = inKeyOrder(rows, this.#key.property);
    return { name, text, values: [...columns.map((column) => parameter(column, ordered)), rows.length] };
  }

  insert(rows: readonly Row[]): Statement {
    const ordered = inKeyOrder(rows, this.#key.property);
    return this.#statement(
      'insert',
      this.#columns.map((column) => parameter(column, ordered)),
    );
  }

  /** Keys, each as `key`, of the rows whose moment has come, but for some, earliest first. Wants an index on that property. */
  due(at: string, limit: number, except: readonly Key[] = []): Statement {
    const moment = this.column(at).name;
    const due = `${moment} <= now() and ${this.#key.name} <> all($2::${this.#key.type}[])`;
    const text = `select ${this.#key.name} as key from ${this.#table} where ${due} order by ${moment} limit $1`;
    return { name: `due ${at} ${this.#name}`, text, values: [limit, arrayLiteral(except)] };
  }

  #updateOf(properties: readonly string[]): Update {
    const which = properties.join();
    const known = this.#updates.get(which);
    if (known !== undefined) return known;
    const changed = properties.map((property) => this.column(property));
    const columns = [this.#key, ...changed];
    const key = this.#key.name;
    const set = changed.map((column) => `${column.name} = ${value(column)}`).join(', ');
    const update = `update ${this.#table} as t set ${set} from ${rowsFrom(columns)} where t.${key} = v.${key}`;
    // A row that is gone must fail the transaction, whose end is on its way already: hence the division by zero.
    const text = `with updated as (${update} returning 1) select 1 / (count(*) = $${columns.length + 1}::bigint)::int from updated`;
    const made = { columns, name: `update ${this.#name} ${this.#updates.size}`, text };
    this.#updates.set(which, made);
    return made;
  }

  #statement(kind: Kind, values: Value[]): Statement {
    return { name: `${kind} ${this.#name}`, text: this.#texts[kind], values };
  }
}
