import type { Key, Row, Table } from '../rows/index.js';

/** A row as it was last committed, as far as this process knows. */
export interface KnownRow {
  readonly row: Row;
  /** Its `xmin`: the transaction that wrote it. */
  readonly version: string;
}

/** Attempts with locks after the first guess that went wrong; twice as many after the next. */
const FIRST_PENALTY = 16;
const LONGEST_PENALTY = 1_024;

/**
 * The rows that a process wrote or locked last, so that it need not ask for them again, and whether relying on them pays: it does
 * until other processes change the same rows, when every guess that is wrong costs an attempt.
 *
 * Nothing here is trusted: who relies on a row has PostgreSQL compare its version when it writes.
 */
export class KnownRows {
  readonly #limit: number;
  readonly #tables = new Map<string, Map<Key, KnownRow>>();
  #attemptsWithLocks = 0;
  #penalty = 0;

  /** @param limit rows of each table, at most; the one that was written longest ago gives way */
  constructor(limit: number) {
    this.#limit = limit;
  }

  find(table: Table, key: Key): KnownRow | undefined {
    return this.#tables.get(table.name)?.get(key);
  }

  remember(table: Table, row: Row, version: string): void {
    if (this.#limit === 0) return;
    const rows = this.#of(table);
    const key = String(row[table.key]);
    rows.delete(key);
    rows.set(key, { row, version });
    if (rows.size <= this.#limit) return;
    for (const [oldest] of rows) {
      rows.delete(oldest);
      return;
    }
  }

  /** Asked once for each attempt, which it counts. */
  worthRelyingOn(): boolean {
    if (this.#limit === 0) return false;
    if (this.#attemptsWithLocks === 0) return true;
    this.#attemptsWithLocks--;
    return false;
  }

  wereRight(): void {
    this.#penalty = Math.max(0, this.#penalty - FIRST_PENALTY);
  }

  wereWrong(): void {
    this.#penalty = Math.min(LONGEST_PENALTY, Math.max(FIRST_PENALTY, 2 * this.#penalty));
    this.#attemptsWithLocks = this.#penalty;
  }

  #of(table: Table): Map<Key, KnownRow> {
    let rows = this.#tables.get(table.name);
    if (rows === undefined) {
      rows = new Map();
      this.#tables.set(table.name, rows);
    }
    return rows;
  }
}
