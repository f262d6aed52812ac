import { Client, type QueryConfig, type QueryResult } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { messageOf, Unavailable } from '../pipeline/index.js';
import { translate } from './errors.js';

/**
 * A prepared statement is planned while its table may still be small and unanalysed, and keeps that plan while the table grows:
 * a sequential scan or a hash join chosen on the first day would cost every batch until autovacuum analyses the table. Every
 * statement of the kit finds its rows by index, so nothing else is allowed to be planned.
 *
 * A process that vanishes between loading and writing must not keep its locks for as long as TCP takes to notice (two hours).
 */
const SETTINGS = `set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off;
  set idle_in_transaction_session_timeout = '30s'`;

/** Nobody waits for the disk (https://www.postgresql.org/docs/current/wal-async-commit.html). */
const WITHOUT_WAITING = `${SETTINGS}; set synchronous_commit = off`;

/** A pg client on loan from TypeORM's pool, that sends many statements in one go. */
export class Connection {
  readonly #runner: QueryRunner;
  readonly #client: Client;
  #closed = false;

  private constructor(runner: QueryRunner, client: Client) {
    this.#runner = runner;
    this.#client = client;
  }

  /** @throws Unavailable */
  static async open(dataSource: DataSource, settings = SETTINGS): Promise<Connection> {
    const runner = dataSource.createQueryRunner();
    const client: unknown = await runner.connect().catch((error: unknown) => {
      // Whatever the reason, a wrong password included: nothing is wrong with the batch that wanted it.
      throw new Unavailable(`No connection to the database: ${messageOf(error)}`);
    });
    if (!(client instanceof Client)) {
      await runner.release();
      throw new TypeError('The data source must be made by createDataSource: it is not PostgreSQL through pg');
    }
    const connection = new Connection(runner, client);
    try {
      await connection.send([{ text: settings }]);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  }

  /** A broken connection stays broken: what was begun on it is gone. */
  get broken(): boolean {
    return this.#closed || this.#runner.isReleased;
  }

  /**
   * Sends all statements before the first is answered (pipeline mode: one round trip) and resolves to their results, in order.
   *
   * @throws the first error, translated: the errors after it only say that the transaction had failed already (25P02)
   */
  async send(statements: readonly QueryConfig[]): Promise<QueryResult[]> {
    const { stream } = this.#client.connection;
    // One write to the socket instead of one for each statement.
    stream.cork();
    const answers = statements.map((statement) => this.#client.query(statement));
    stream.uncork();
    const results: QueryResult[] = [];
    let failure: { readonly error: unknown } | undefined;
    for (const answer of await Promise.allSettled(answers)) {
      if (answer.status === 'fulfilled') results.push(answer.value);
      else failure ??= { error: translate(answer.reason) };
    }
    if (failure === undefined) return results;
    if (failure.error instanceof Unavailable) await this.close();
    throw failure.error;
  }

  /** Ends the connection; it is not given back, because of its settings. Whatever transaction was open on it is rolled back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Not awaited: a peer that is gone never says goodbye. The pool waits for it when it is closed itself.
    void this.#client.end();
    if (!this.#runner.isReleased) await this.#runner.release();
  }
}

/** One connection, kept for as long as it works: opened at first use, and anew when it broke. */
export class Session {
  readonly #dataSource: DataSource;
  readonly #settings: string;
  #current: Connection | undefined;
  #opening: Promise<Connection> | undefined;

  /**
   * @param durable false when what is committed here may be lost if the server crashes. A durable commit that follows in the same
   * server makes it durable too, as the log is written in order.
   */
  constructor(dataSource: DataSource, durable = true) {
    this.#dataSource = dataSource;
    this.#settings = durable ? SETTINGS : WITHOUT_WAITING;
  }

  /** @throws Unavailable */
  async connection(): Promise<Connection> {
    if (this.#current !== undefined && !this.#current.broken) return this.#current;
    this.#opening ??= Connection.open(this.#dataSource, this.#settings).finally(() => {
      this.#opening = undefined;
    });
    this.#current = await this.#opening;
    return this.#current;
  }

  /** Sends statements outside any transaction, each its own; may be called while others are on their way. */
  async send(statements: readonly QueryConfig[]): Promise<QueryResult[]> {
    const connection = await this.connection();
    return connection.send(statements);
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#current?.close();
  }
}
