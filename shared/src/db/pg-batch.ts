import type { Changes, OpenBatch, Row, Table } from '../pipeline/index.js';
import type { Connection } from './connection.js';
import type { Statement } from './exchange.js';
import { BEGIN, COMMIT, clear, promise, record, withdraw } from './kit-statements.js';
import type { TableStatements } from './statements.js';

export interface PgBatchOptions {
  /** Never another one: a transaction dies with its connection. */
  readonly connection: Connection;
  readonly statementsOf: (table: Table) => TableStatements;
  readonly claimed: readonly boolean[];
  readonly rows: readonly (readonly Row[])[];
  /** Whether the transaction was begun; a batch without claims and locks begins it with its first write. */
  readonly begun: boolean;
  ended(): void;
}

const byTable = <Write extends { readonly table: Table }>(writes: readonly Write[]) =>
  [...writes].sort((a, b) => (a.table.name < b.table.name ? -1 : 1));

/** A transaction of the store: what it claimed and loaded, and its one commit or rollback. */
export class PgBatch implements OpenBatch {
  readonly claimed: readonly boolean[];
  readonly rows: readonly (readonly Row[])[];
  readonly #options: PgBatchOptions;
  #ended = false;

  constructor(options: PgBatchOptions) {
    this.claimed = options.claimed;
    this.rows = options.rows;
    this.#options = options;
  }

  async commit(changes: Changes): Promise<void> {
    this.#end();
    try {
      await this.#write(changes);
    } finally {
      this.#options.ended();
    }
  }

  async rollback(): Promise<void> {
    this.#end();
    try {
      if (this.#options.begun) await this.#options.connection.rollback();
    } finally {
      this.#options.ended();
    }
  }

  async #write(changes: Changes): Promise<void> {
    const { connection, begun } = this.#options;
    let writes: Statement[];
    try {
      writes = this.#writes(changes);
    } catch (error) {
      if (begun) await connection.rollback();
      throw error;
    }
    if (writes.length === 0 && !begun) return;
    const results = await connection.sendOrRollBack([...(begun ? [] : [BEGIN]), ...writes, COMMIT]);
    // A failed transaction is not an error to COMMIT: PostgreSQL rolls back and says so only in the command tag.
    const answer = results.at(-1)?.command;
    if (answer !== 'COMMIT')
      throw new Error(`PostgreSQL answered COMMIT with ${answer}: the transaction had failed and nothing was written`);
  }

  #writes(changes: Changes): Statement[] {
    const { statementsOf } = this.#options;
    const { withdrawn, updates, inserts, journal, outbox, cleared } = changes;
    return [
      ...(withdrawn.length === 0 ? [] : [withdraw(withdrawn)]),
      ...byTable(updates).map(({ table, rows, properties }) => statementsOf(table).update(rows, properties)),
      ...byTable(inserts).map(({ table, rows }) => statementsOf(table).insert(rows)),
      ...(journal.length === 0 ? [] : [record(journal)]),
      ...(outbox === undefined ? [] : [promise(outbox)]),
      ...(cleared.length === 0 ? [] : [clear(cleared)]),
    ];
  }

  #end(): void {
    if (this.#ended) throw new Error('This batch has ended already: commit it or roll it back once');
    this.#ended = true;
  }
}
