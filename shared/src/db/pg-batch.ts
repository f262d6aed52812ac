import type { Changes, OpenBatch } from '../pipeline/index.js';
import type { Row, Table } from '../rows/index.js';
import type { Connection } from './connection.js';
import type { Statement } from './exchange.js';
import { COMMIT, deleteOutbox, insertLog, insertOutbox, withdraw } from './kit-statements.js';
import type { TableStatements } from './statements.js';

export interface PgBatchOptions {
  /** Never another one: a transaction dies with its connection. */
  readonly connection: Connection;
  readonly statementsOf: (table: Table) => TableStatements;
  readonly claimed: readonly boolean[];
  /** For each load, in order. */
  readonly rows: readonly (readonly Row[])[];
  /** Told how many events a commit has put into the outbox. */
  written(events: number): void;
  /** @param error why nothing was written, if that is so */
  ended(error?: unknown): void;
}

const byTable = <Write extends { readonly table: Table }>(writes: readonly Write[]) =>
  [...writes].sort((a, b) => (a.table.name < b.table.name ? -1 : 1));

/** A transaction that has made its claims and locked its rows: it writes and commits in one exchange. */
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
    } catch (error) {
      this.#options.ended(error);
      throw error;
    }
    this.#options.ended();
    if (changes.outbox !== undefined) this.#options.written(changes.outbox.events.length);
  }

  async rollback(): Promise<void> {
    this.#end();
    await this.#options.connection.rollback();
    this.#options.ended();
  }

  async #write(changes: Changes): Promise<void> {
    const { connection } = this.#options;
    let statements: Statement[];
    try {
      statements = this.#statements(changes);
    } catch (error) {
      await connection.rollback();
      throw error;
    }
    const answers = await connection.commit(statements);
    // A failed transaction is not an error to COMMIT: PostgreSQL rolls back and says so only in the command tag.
    const answer = answers.at(-1)?.command;
    if (answer !== 'COMMIT')
      throw new Error(`PostgreSQL answered COMMIT with ${answer}: the transaction had failed and nothing was written`);
  }

  #statements({ withdrawn, updates, inserts, outbox, published }: Changes): Statement[] {
    const { statementsOf } = this.#options;
    return [
      ...(withdrawn.length === 0 ? [] : [withdraw(withdrawn)]),
      ...byTable(updates).map(({ table, rows, properties }) => statementsOf(table).update(rows, properties)),
      ...byTable(inserts).map(({ table, rows }) => statementsOf(table).insert(rows)),
      ...(outbox === undefined ? [] : [insertLog(outbox.events), insertOutbox(outbox)]),
      ...(published.length === 0 ? [] : [deleteOutbox(published)]),
      COMMIT,
    ];
  }

  #end(): void {
    if (this.#ended) throw new Error('This batch has ended already: commit it or roll it back once');
    this.#ended = true;
  }
}
