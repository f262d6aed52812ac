import type { Changes, Load } from '@quickstep/shared/pipeline';
import type { Key, LoadedRows, Ref, Refs, Row, Table } from '@quickstep/shared/rows';

interface Held {
  /** As it is stored; undefined when it is not. */
  readonly stored: Row | undefined;
  /** Of which the row is a copy. */
  readonly before: Row;
  readonly row: Row;
}

function changedIn({ before, row }: Held): string[] {
  return Object.keys(row).filter((property) => row[property] !== before[property]);
}

/**
 * The rows of one batch. Each is copied once, changed by any number of events, and compared with what it was at the end: unlike the work of a
 * service's batch, an event that fails here fails all.
 */
export class BatchRows {
  readonly #tables = new Map<string, { readonly table: Table; readonly stored: Map<Key, Row>; readonly held: Map<Key, Held> }>();

  constructor(loads: readonly Load[], loaded: readonly (readonly Row[])[]) {
    loads.forEach(({ table }, index) => {
      const { stored } = this.#of(table);
      for (const row of loaded[index] ?? []) stored.set(String(row[table.key]), row);
    });
  }

  /** The rows that an event named, to be changed. */
  lend(refs: Refs): LoadedRows<Refs> {
    const rows: Record<string, unknown> = {};
    for (const name in refs) rows[name] = this.#resolve(refs[name]);
    return rows;
  }

  changes(): Pick<Changes, 'updates' | 'inserts'> {
    const updates = [];
    const inserts = [];
    for (const { table, held } of this.#tables.values()) {
      const properties = new Set<string>();
      const changed: Row[] = [];
      const fresh: Row[] = [];
      for (const each of held.values()) {
        const names = changedIn(each);
        if (names.length === 0) continue;
        if (each.stored === undefined) fresh.push(each.row);
        else changed.push(each.row);
        if (each.stored !== undefined) for (const name of names) properties.add(name);
      }
      if (changed.length > 0) updates.push({ table, rows: changed, properties: [...properties].sort() });
      if (fresh.length > 0) inserts.push({ table, rows: fresh });
    }
    return { updates, inserts };
  }

  #of(table: Table) {
    const known = this.#tables.get(table.name);
    if (known !== undefined) return known;
    const made = { table, stored: new Map<Key, Row>(), held: new Map<Key, Held>() };
    this.#tables.set(table.name, made);
    return made;
  }

  #resolve(ref: Ref | undefined): unknown {
    if (ref === undefined) return undefined;
    const found = ref.keys.map((key) => this.#row(ref, key));
    return ref.single ? found[0] : found.filter((row) => row !== undefined);
  }

  #row({ table, access }: Ref, key: Key): Row | undefined {
    const { stored, held } = this.#of(table);
    const known = held.get(key);
    if (known !== undefined) return known.row;
    const row = stored.get(key);
    if (row === undefined && access !== 'fresh') return undefined;
    const before = row ?? table.newRow(key);
    const made = { stored: row, before, row: { ...before } };
    held.set(key, made);
    return made.row;
  }
}
