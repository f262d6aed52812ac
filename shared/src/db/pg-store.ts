import type { DataSource } from 'typeorm';
import {
  Busy,
  type Claim,
  type Load,
  type LockedRows,
  type OpenBatch,
  type OutboxEntry,
  type OutboxUpdate,
  type Store,
  Unavailable,
} from '../pipeline/index.js';
import type { Key, Table } from '../rows/index.js';
import type { Connection } from './connection.js';
import { eventsOf } from './event-texts.js';
import type { Statement } from './exchange.js';
import {
  BEGIN,
  claim,
  deleteOutbox,
  handledClaims,
  postponeOutbox,
  takeUnpublished,
  updateOutbox,
  whichClaimed,
} from './kit-statements.js';
import { OutboxVacuum } from './outbox-vacuum.js';
import { PgBatch } from './pg-batch.js';
import { deleteOld, type Retention } from './retention.js';
import { Session } from './session.js';
import { TableStatements } from './statements.js';

/** A service that is not ready is sent no work by which it could find out that the database is well again. */
const TROUBLE_MS = 10_000;

/**
 * The pipeline's store on PostgreSQL. It keeps two connections of the data source: one for batches and one for everything else. The
 * transaction of a batch takes two exchanges, claim and load, then write and commit, however many events it carries.
 */
export class PgStore implements Store {
  readonly #batches: Session;
  readonly #aside: Session;
  readonly #statements = new Map<string, TableStatements>();
  #vacuum: OutboxVacuum | undefined;
  #busy = false;
  #failedAt: number | undefined;

  /** @param dataSource made by `createDataSource`, and initialised by the time the store is used */
  constructor(dataSource: DataSource) {
    this.#batches = new Session(dataSource);
    // What is lost of it in a crash is done again: entries are published twice, claims pruned later.
    this.#aside = new Session(dataSource, false);
    this.#vacuum = new OutboxVacuum((statements) => this.#aside.send(statements));
  }

  /** Set while batches fail because the database is away or refuses to write: until one succeeds, or none is tried for a while. */
  get trouble(): string | undefined {
    const recent = this.#failedAt !== undefined && performance.now() - this.#failedAt < TROUBLE_MS;
    return recent ? 'the last transaction could not be written' : undefined;
  }

  /** This role may not vacuum. */
  leaveToAutovacuum(): void {
    this.#vacuum = undefined;
  }

  async begin(claims: readonly Claim[], loads: readonly Load[]): Promise<OpenBatch> {
    if (this.#busy) throw new Error('A batch is open already: commit it or roll it back before the next one begins');
    this.#busy = true;
    try {
      return await this.#begin(claims, loads);
    } catch (error) {
      this.#ended(error);
      throw error;
    }
  }

  async handled(claims: readonly Claim[]): Promise<readonly boolean[]> {
    const [found] = await this.#aside.send([handledClaims(claims)]);
    return whichClaimed(claims, found);
  }

  async takeUnpublished(olderThanMs: number, limit: number): Promise<readonly OutboxEntry[]> {
    const [found] = await this.#aside.send([takeUnpublished(olderThanMs, limit)]);
    const rows: readonly { id: string; events: string }[] = found?.rows ?? [];
    // By id, a UUIDv7: they were written in that order.
    return rows.map(({ id, events }) => ({ id, events: eventsOf(events) })).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async updateOutbox({ deleted, updated, postponed }: OutboxUpdate): Promise<void> {
    await this.#aside.send([
      ...(deleted.length === 0 ? [] : [deleteOutbox(deleted)]),
      ...updated.map(updateOutbox),
      ...(postponed.length === 0 ? [] : [postponeOutbox(postponed)]),
    ]);
  }

  async due(table: Table, at: string, limit: number, except: readonly Key[] = []): Promise<readonly Key[]> {
    const [found] = await this.#aside.send([this.#statementsOf(table).due(at, limit, except)]);
    const rows: readonly { key: Key }[] = found?.rows ?? [];
    return rows.map(({ key }) => key);
  }

  /** Deletes, or empties, the rows that a rule no longer keeps, at most so many; says how many they were. */
  async deleteOld(rule: Retention, limit: number): Promise<number> {
    const [deleted] = await this.#aside.send([deleteOld(rule, limit)]);
    return deleted?.rowCount ?? 0;
  }

  /** Closes its connections. An open batch is rolled back. */
  async close(): Promise<void> {
    await Promise.all([this.#batches.close(), this.#aside.close()]);
  }

  async #begin(claims: readonly Claim[], loads: readonly Load[]): Promise<OpenBatch> {
    const connection = await this.#batches.connection();
    const claiming = claims.length === 0 ? [] : [claim(claims)];
    const statements = [BEGIN, ...claiming, ...loads.map((load) => this.#load(load))];
    const answers = await connection.sendOrRollBack(statements).catch(async (error: unknown) => {
      throw error instanceof Busy ? new Busy(error.message, await this.#lockedOf(connection, loads)) : error;
    });
    const found = answers.slice(answers.length - loads.length);
    return new PgBatch({
      connection,
      statementsOf: (table) => this.#statementsOf(table),
      claimed: claims.length === 0 ? [] : whichClaimed(claims, answers[1]),
      rows: loads.map((_, index) => found[index]?.rows ?? []),
      written: (events) => this.#vacuum?.written(events),
      ended: (error) => this.#ended(error),
    });
  }

  /** Which rows somebody else keeps locked, so that one of them does not hold up the work of a whole batch. */
  async #lockedOf(connection: Connection, loads: readonly Load[]): Promise<readonly LockedRows[]> {
    const wanted = loads.filter(({ lock }) => lock);
    const asked = wanted.map(({ table, keys }) => this.#statementsOf(table).locked(keys));
    const answers = await connection.send(asked).catch(() => []);
    const keysIn = (rows: readonly { key: Key }[] = []) => rows.map(({ key }) => key);
    return wanted
      .map(({ table }, index) => ({ table, keys: keysIn(answers[index]?.rows) }))
      .filter(({ keys }) => keys.length > 0);
  }

  #ended(error: unknown): void {
    this.#busy = false;
    this.#failedAt = error instanceof Unavailable ? performance.now() : undefined;
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
