import type { DataSource } from 'typeorm';
import type { Claim, Load, OpenBatch, OutboxEntry, Store } from '../pipeline/index.js';
import type { Key, Table } from '../rows/index.js';
import { Session } from './connection.js';
import type { Statement } from './exchange.js';
import { BEGIN, claim, clear, keep, pruneInbox, unpublished, whichClaimed } from './kit-statements.js';
import { outboxEvents } from './outbox-text.js';
import { OutboxVacuum } from './outbox-vacuum.js';
import { PgBatch } from './pg-batch.js';
import { TableStatements } from './statements.js';

const PRUNE_PAGE = 5_000;

/**
 * The pipeline's store on PostgreSQL. It keeps two connections of the data source: one for batches and one for everything else. The
 * transaction of a batch takes two exchanges, claim and load, then write and commit, however many events it carries.
 */
export class PgStore implements Store {
  readonly #batches: Session;
  readonly #aside: Session;
  readonly #statements = new Map<string, TableStatements>();
  readonly #vacuum: OutboxVacuum;
  #busy = false;

  /** @param dataSource made by `createDataSource`, and initialised by the time the store is used */
  constructor(dataSource: DataSource) {
    this.#batches = new Session(dataSource);
    // What is lost of it in a crash is done again: entries are published twice, claims pruned later.
    this.#aside = new Session(dataSource, false);
    this.#vacuum = new OutboxVacuum((statements) => this.#aside.send(statements));
  }

  async begin(claims: readonly Claim[], loads: readonly Load[]): Promise<OpenBatch> {
    if (this.#busy) throw new Error('A batch is open already: commit it or roll it back before the next one begins');
    this.#busy = true;
    try {
      return await this.#begin(claims, loads);
    } catch (error) {
      this.#busy = false;
      throw error;
    }
  }

  async unpublished(before: Date, limit: number, after?: string): Promise<readonly OutboxEntry[]> {
    const [found] = await this.#aside.send([unpublished(before, limit, after)]);
    const rows: readonly { id: string; events: string }[] = found?.rows ?? [];
    return rows.map(({ id, events }) => ({ id, events: outboxEvents(events) }));
  }

  async clearOutbox(cleared: readonly string[], kept: readonly OutboxEntry[]): Promise<void> {
    await this.#aside.send([...(cleared.length === 0 ? [] : [clear(cleared)]), ...kept.map(keep)]);
  }

  async due(table: Table, at: string, now: Date, limit: number): Promise<readonly Key[]> {
    const [found] = await this.#aside.send([this.#statementsOf(table).due(at, now, limit)]);
    const rows: readonly { key: Key }[] = found?.rows ?? [];
    return rows.map(({ key }) => key);
  }

  /**
   * Forgets which events made before a moment have been handled, and says how many claims that were.
   *
   * An inbox row is never pruned while a message older than it can still be redriven: the moment must lie further back than any
   * message in a queue, a dead-letter queue or an outbox of the system, or a duplicate is handled twice.
   */
  async prune(before: Date): Promise<number> {
    let pruned = 0;
    for (;;) {
      // Page by page: a statement that deletes millions would hold up everything behind it on this connection.
      const [deleted] = await this.#aside.send([pruneInbox(before, PRUNE_PAGE)]);
      const count = deleted?.rowCount ?? 0;
      pruned += count;
      if (count < PRUNE_PAGE) return pruned;
    }
  }

  /** Closes its connections. An open batch is rolled back. */
  async close(): Promise<void> {
    await Promise.all([this.#batches.close(), this.#aside.close()]);
  }

  async #begin(claims: readonly Claim[], loads: readonly Load[]): Promise<OpenBatch> {
    const connection = await this.#batches.connection();
    const claiming = claims.length === 0 ? [] : [claim(claims)];
    const answers = await connection.sendOrRollBack([BEGIN, ...claiming, ...loads.map((load) => this.#load(load))]);
    const found = answers.slice(answers.length - loads.length);
    return new PgBatch({
      connection,
      statementsOf: (table) => this.#statementsOf(table),
      claimed: claims.length === 0 ? [] : whichClaimed(claims, answers[1]),
      rows: loads.map((_, index) => found[index]?.rows ?? []),
      promised: (events) => this.#vacuum.written(events),
      ended: () => {
        this.#busy = false;
      },
    });
  }

  #load({ table, keys, lock }: Load): Statement {
    return this.#statementsOf(table).load(keys, lock);
  }

  #statementsOf(table: Table): TableStatements {
    const known = this.#statements.get(table.name);
    if (known !== undefined) return known;
    const statements = new TableStatements(table);
    this.#statements.set(table.name, statements);
    return statements;
  }
}
