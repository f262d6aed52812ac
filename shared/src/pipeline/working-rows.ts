import type { Key, LoadedRows, Ref, Refs, Row, Table } from '../rows/index.js';
import type { Changes, Load } from './ports.js';

interface Held {
  row: Row;
  readonly stored: boolean;
  /** The properties that steps have changed. */
  readonly changed: Set<string>;
}

/** Copies of rows that one step works on; they count only if the step succeeds. */
interface Borrowed {
  readonly table: Table;
  readonly key: Key;
  readonly before: Row;
  readonly after: Row;
  readonly stored: boolean;
}

const UNCHANGED: ReadonlySet<string> = new Set();

function changedIn(before: Row, after: Row, earlier: ReadonlySet<string>): Set<string> {
  const changed = new Set(earlier);
  for (const property in after) if (before[property] !== after[property]) changed.add(property);
  return changed;
}

/** What a batch must load: each table once, its keys once and in order (so that two batches lock in the same order). */
export function loadsFor(allRefs: readonly Refs[]): Load[] {
  const wanted = new Map<string, { table: Table; locked: Set<Key>; read: Set<Key> }>();
  for (const refs of allRefs) {
    for (const { table, access, keys } of Object.values(refs)) {
      let entry = wanted.get(table.name);
      if (entry === undefined) {
        entry = { table, locked: new Set(), read: new Set() };
        wanted.set(table.name, entry);
      }
      for (const key of keys) (access === 'read' ? entry.read : entry.locked).add(key);
    }
  }
  const loads: Load[] = [];
  for (const { table, locked, read } of wanted.values()) {
    const unlocked = [...read].filter((key) => !locked.has(key));
    if (locked.size > 0) loads.push({ table, keys: [...locked].sort(), lock: true });
    if (unlocked.length > 0) loads.push({ table, keys: unlocked, lock: false });
  }
  return loads.sort((a, b) => Number(b.lock) - Number(a.lock) || (a.table.name < b.table.name ? -1 : 1));
}

/**
 * The rows of one batch. Each step works on copies; when it succeeds they become the rows that the next step of the batch sees,
 * when it throws they are dropped.
 */
export class WorkingRows {
  readonly #tables = new Map<string, { readonly table: Table; readonly rows: Map<Key, Held> }>();

  constructor(loads: readonly Load[], loaded: readonly (readonly Row[])[]) {
    loads.forEach(({ table }, index) => {
      const { rows } = this.#of(table);
      for (const row of loaded[index] ?? []) rows.set(String(row[table.key]), { row, stored: true, changed: new Set() });
    });
  }

  /** Lends the rows that a step named; `keep` makes its changes count. */
  borrow(refs: Refs): { readonly rows: LoadedRows<Refs>; keep(): void } {
    const borrowed: Borrowed[] = [];
    const rows: Record<string, unknown> = {};
    for (const [name, ref] of Object.entries(refs)) rows[name] = this.#resolve(ref, borrowed);
    const keep = () => {
      for (const each of borrowed) this.#keep(each);
    };
    return { rows, keep };
  }

  /** The rows to write: those that were stored and those that are new. */
  changes(): Pick<Changes, 'updates' | 'inserts'> {
    const updates = [];
    const inserts = [];
    for (const { table, rows } of this.#tables.values()) {
      const changed = [...rows.values()].filter((held) => held.changed.size > 0);
      const stored = changed.filter((held) => held.stored);
      const fresh = changed.filter((held) => !held.stored).map((held) => held.row);
      const properties = new Set(stored.flatMap((held) => [...held.changed]));
      if (stored.length > 0) updates.push({ table, rows: stored.map((held) => held.row), properties: [...properties].sort() });
      if (fresh.length > 0) inserts.push({ table, rows: fresh });
    }
    return { updates, inserts };
  }

  #of(table: Table) {
    let entry = this.#tables.get(table.name);
    if (entry === undefined) {
      entry = { table, rows: new Map() };
      this.#tables.set(table.name, entry);
    }
    return entry;
  }

  #resolve(ref: Ref, borrowed: Borrowed[]): unknown {
    const found = ref.keys.map((key) => this.#lend(ref, key, borrowed));
    return ref.single ? found[0] : found.filter((row) => row !== undefined);
  }

  #lend({ table, access }: Ref, key: Key, borrowed: Borrowed[]): Row | undefined {
    const held = this.#of(table).rows.get(key);
    if (held === undefined && access !== 'fresh') return undefined;
    const before = held?.row ?? table.newRow(key);
    if (access === 'read') return before;
    // Whoever names a row twice gets one copy: of two, the last would overwrite what was changed in the first.
    const lent = borrowed.find((each) => each.key === key && each.table === table);
    if (lent !== undefined) return lent.after;
    const after = { ...before };
    borrowed.push({ table, key, before, after, stored: held?.stored ?? false });
    return after;
  }

  #keep({ table, key, before, after, stored }: Borrowed): void {
    const { rows } = this.#of(table);
    const earlier = rows.get(key)?.changed ?? UNCHANGED;
    const changed = changedIn(before, after, earlier);
    if (changed.size > 0) rows.set(key, { row: after, stored, changed });
  }
}
