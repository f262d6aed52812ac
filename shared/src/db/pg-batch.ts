import { type Changes, type Claim, Conflict, messageOf, type OpenBatch, OutcomeUnknown, Unavailable } from '../pipeline/index.js';
import type { Key, Row, Table } from '../rows/index.js';
import type { Connection } from './connection.js';
import { ConnectionLost } from './errors.js';
import type { Answer, Statement } from './exchange.js';
import type { HeldRows } from './held-rows.js';
import { COMMIT, claimAnew, clear, promise, record, recordAnew, WRITTEN_BY, withdraw, writtenBy } from './kit-statements.js';
import type { KnownRows } from './known-rows.js';
import type { TableStatements } from './statements.js';

export interface PgBatchOptions {
  /** Never another one: a transaction dies with its connection. */
  readonly connection: Connection;
  readonly statementsOf: (table: Table) => TableStatements;
  readonly claims: readonly Claim[];
  readonly claimed: readonly boolean[];
  /** For each load, in order. */
  readonly rows: readonly (readonly Row[])[];
  /** The rows of those loads that lock. */
  readonly held: HeldRows;
  readonly known: KnownRows;
  /** Told how many events a commit has put into the outbox. */
  promised(events: number): void;
  ended(): void;
}

const byTable = <Write extends { readonly table: Table }>(writes: readonly Write[]) =>
  [...writes].sort((a, b) => (a.table.name < b.table.name ? -1 : 1));

/** What both ways to a commit share: the writes, and that a batch ends once. */
abstract class PgBatch implements OpenBatch {
  readonly claimed: readonly boolean[];
  readonly rows: readonly (readonly Row[])[];
  protected readonly options: PgBatchOptions;
  #ended = false;

  constructor(options: PgBatchOptions) {
    this.claimed = options.claimed;
    this.rows = options.rows;
    this.options = options;
  }

  async commit(changes: Changes): Promise<void> {
    this.#end();
    try {
      await this.write(changes);
      if (changes.outbox !== undefined) this.options.promised(changes.outbox.events.length);
    } catch (error) {
      throw error instanceof ConnectionLost ? new OutcomeUnknown(error.message) : error;
    } finally {
      this.options.ended();
    }
  }

  async rollback(): Promise<void> {
    this.#end();
    try {
      await this.undo();
    } finally {
      this.options.ended();
    }
  }

  protected abstract write(changes: Changes): Promise<void>;
  protected abstract undo(): Promise<void>;

  protected writes({ updates, inserts, outbox, cleared }: Changes): Statement[] {
    const { statementsOf, held } = this.options;
    return [
      ...byTable(updates).map(({ table, rows, properties }) =>
        statementsOf(table).update(rows, properties, held.versionsOf(table)),
      ),
      ...byTable(inserts).map(({ table, rows }) => statementsOf(table).insert(rows)),
      ...(updates.length + inserts.length === 0 ? [] : [WRITTEN_BY]),
      ...(outbox === undefined ? [] : [promise(outbox)]),
      ...(cleared.length === 0 ? [] : [clear(cleared)]),
    ];
  }

  protected remember({ updates, inserts }: Changes, answers: readonly Answer[]): void {
    const version = writtenBy(answers);
    if (version === undefined) return;
    for (const { table, rows } of [...updates, ...inserts])
      for (const row of rows) this.options.known.remember(table, row, version);
  }

  #end(): void {
    if (this.#ended) throw new Error('This batch has ended already: commit it or roll it back once');
    this.#ended = true;
  }
}

/** A transaction that has made its claims and locked its rows: it writes, and commits. */
export class LockingBatch extends PgBatch {
  protected async write(changes: Changes): Promise<void> {
    const { connection, held, known } = this.options;
    let writes: Statement[];
    try {
      writes = this.#writes(changes);
    } catch (error) {
      await connection.rollback();
      throw error;
    }
    const answers = await connection.sendOrRollBack(writes);
    // A failed transaction is not an error to COMMIT: PostgreSQL rolls back and says so only in the command tag.
    const answer = answers.at(-1)?.command;
    if (answer !== 'COMMIT')
      throw new Error(`PostgreSQL answered COMMIT with ${answer}: the transaction had failed and nothing was written`);
    held.rememberIn(known);
    this.remember(changes, answers);
  }

  protected async undo(): Promise<void> {
    await this.options.connection.rollback();
  }

  #writes(changes: Changes): Statement[] {
    const { withdrawn, journal } = changes;
    return [
      ...(withdrawn.length === 0 ? [] : [withdraw(withdrawn)]),
      ...this.writes(changes),
      ...(journal.length === 0 ? [] : [record(journal)]),
      COMMIT,
    ];
  }
}

/**
 * A batch that relied on what the process knew. Its whole transaction is one exchange: it claims, compares, writes, and is committed by
 * the Sync behind it (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING). Whatever is wrong with it, an
 * event handled or recorded before or a row that has changed, is a Conflict: the next attempt locks and learns the truth. It takes the
 * locks of what it compares before those of what it writes, so it can deadlock with a replica's batch; PostgreSQL ends one of them, which
 * is a Conflict too.
 */
export class OptimisticBatch extends PgBatch {
  protected async write(changes: Changes): Promise<void> {
    const { connection, known } = this.options;
    const statements = this.#statements(changes);
    if (statements.length === 0) return;
    try {
      this.remember(changes, await connection.send(statements));
      known.wereRight();
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      known.wereWrong();
      throw new Conflict(`The guess was wrong: ${messageOf(error)}`);
    }
  }

  /** Nothing has been sent that could be undone. */
  protected async undo(): Promise<void> {}

  #statements(changes: Changes): Statement[] {
    const { claims } = this.options;
    const { journal } = changes;
    // Whether the event of a step that failed had been handled before, only a claim can tell.
    if (changes.withdrawn.length > 0) return this.#giveUp();
    return [
      ...(claims.length === 0 ? [] : [claimAnew(claims)]),
      ...this.#comparisons(changes),
      ...this.writes(changes),
      ...(journal.length === 0 ? [] : [recordAnew(journal)]),
    ];
  }

  #comparisons({ updates, inserts }: Changes): Statement[] {
    const { held, statementsOf } = this.options;
    const writes = [...updates, ...inserts];
    const written = (table: Table) =>
      new Set<Key>(
        writes
          .filter((write) => write.table.name === table.name)
          .flatMap(({ rows }) => rows.map((row) => String(row[table.key]))),
      );
    return byTable(held.untouched(written)).flatMap(({ table, same, absent }) => [
      ...(same.length === 0 ? [] : [statementsOf(table).unchanged(same, held.versionsOf(table))]),
      ...(absent.length === 0 ? [] : [statementsOf(table).absent(absent)]),
    ]);
  }

  #giveUp(): never {
    this.options.known.wereWrong();
    throw new Conflict('A step failed: the next attempt asks whether its event has been handled before');
  }
}
