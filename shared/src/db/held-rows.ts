import type { Load } from '../pipeline/index.js';
import type { Key, Row, Table } from '../rows/index.js';
import type { KnownRow, KnownRows } from './known-rows.js';
import type { VersionOf } from './statements.js';

interface Held {
  readonly table: Table;
  readonly rows: Map<Key, KnownRow>;
  readonly absent: Set<Key>;
}

/** The rows that one batch works on, as it got them: which they are, in which version, and which of its keys have no row. */
export class HeldRows {
  readonly #tables = new Map<string, Held>();

  /** The rows of the keys of a load as they are known; undefined when one is not, and may exist. */
  static known(loads: readonly Load[], known: KnownRows): HeldRows | undefined {
    const held = new HeldRows();
    for (const { table, keys, fresh } of loads) {
      const { rows, absent } = held.#of(table);
      for (const key of keys) {
        const row = known.find(table, key);
        if (row !== undefined) rows.set(key, row);
        else if (fresh.has(key)) absent.add(key);
        else return undefined;
      }
    }
    return held;
  }

  /** Takes a row as the statement that locks it answers it. */
  hold(table: Table, { xmin, ...row }: Row): Row {
    this.#of(table).rows.set(String(row[table.key]), { row, version: String(xmin) });
    return row;
  }

  rowsOf(table: Table): readonly Row[] {
    return [...this.#of(table).rows.values()].map(({ row }) => row);
  }

  versionsOf(table: Table): VersionOf {
    const { rows } = this.#of(table);
    return (key) => rows.get(key)?.version;
  }

  /** What was relied on and is not written: the keys whose row must still be the same, and those that must still have none. */
  untouched(written: (table: Table) => ReadonlySet<Key>): { table: Table; same: Key[]; absent: Key[] }[] {
    return [...this.#tables.values()].map(({ table, rows, absent }) => {
      const touched = written(table);
      return {
        table,
        same: [...rows.keys()].filter((key) => !touched.has(key)),
        absent: [...absent].filter((key) => !touched.has(key)),
      };
    });
  }

  rememberIn(known: KnownRows): void {
    for (const { table, rows } of this.#tables.values())
      for (const { row, version } of rows.values()) known.remember(table, row, version);
  }

  #of(table: Table): Held {
    let held = this.#tables.get(table.name);
    if (held === undefined) {
      held = { table, rows: new Map(), absent: new Set() };
      this.#tables.set(table.name, held);
    }
    return held;
  }
}
