import { Client } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { OutcomeUnknown, reasonOf, Unavailable } from '../pipeline/index.js';
import { refused, translate } from './errors.js';
import { type Answer, Exchange, type Prepared, type Statement } from './exchange.js';
import { DURABLE } from './settings.js';

const ROLLBACK: Statement = { name: 'rollback', text: 'rollback' };

/**
 * An exchange that takes longer is given up; whether it was committed is then unknown. Each of its statements may take 30 seconds
 * (`statement_timeout`), so the server is most likely frozen, or cannot be reached (see `watch.ts` for a connection that is dead).
 */
const EXCHANGE_MS = 60_000;

/** A pg client on loan from TypeORM's pool. */
export class Connection {
  readonly #runner: QueryRunner;
  readonly #client: Client;
  readonly #patience: number;
  readonly #prepared: Prepared = new Map();
  #last: Promise<unknown> = Promise.resolve();
  /** What is under way, and since when, from `performance.now()`. */
  #current: { readonly exchange: Exchange; readonly since: number } | undefined;
  #watching: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(runner: QueryRunner, client: Client, patience: number) {
    this.#runner = runner;
    this.#client = client;
    this.#patience = patience;
  }

  /**
   * @param settings statements that make it what it is
   * @param patience how long an exchange may take, in milliseconds; then the connection is given up
   * @throws Unavailable
   */
  static async open(dataSource: DataSource, settings = DURABLE, patience = EXCHANGE_MS): Promise<Connection> {
    const runner = dataSource.createQueryRunner();
    const client: unknown = await runner.connect().catch((error: unknown) => {
      // Whatever the reason, a wrong password included: nothing is wrong with the batch that wanted it.
      throw new Unavailable(`No connection to the database: ${reasonOf(error)}`);
    });
    if (!(client instanceof Client)) {
      await runner.release();
      throw new TypeError('The data source must be made by createDataSource: it is not PostgreSQL through pg');
    }
    const connection = new Connection(runner, client, patience);
    try {
      await connection.send(settings.map((text) => ({ text })));
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
   * Sends all statements in one go, after what has been sent before, and resolves to their answers, in order. The first that fails
   * is the last that was tried.
   *
   * @throws the error of that statement, translated
   */
  send(statements: readonly Statement[]): Promise<readonly Answer[]> {
    return this.#inTurn(() => this.#exchange(statements));
  }

  /**
   * Sends the last statements of a transaction, COMMIT behind them, and ends the transaction when one fails.
   *
   * @throws OutcomeUnknown when the connection is lost before the answer has come
   */
  async commit(statements: readonly Statement[]): Promise<readonly Answer[]> {
    try {
      return await this.#inTurn(() => this.#exchange(statements, true));
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  /** Sends statements of a transaction, and ends it when one fails. */
  async sendOrRollBack(statements: readonly Statement[]): Promise<readonly Answer[]> {
    try {
      return await this.send(statements);
    } catch (error) {
      await this.rollback();
      throw error;
    }
  }

  /** Ends the transaction; when that is not possible, the connection, and with it the transaction. */
  async rollback(): Promise<void> {
    if (!this.broken) await this.send([ROLLBACK]).catch(() => this.close());
  }

  #inTurn(exchange: () => Promise<readonly Answer[]>): Promise<readonly Answer[]> {
    const answers = this.#last.then(exchange);
    this.#last = answers.catch(() => undefined);
    return answers;
  }

  async #exchange(statements: readonly Statement[], committing = false): Promise<readonly Answer[]> {
    if (this.broken) throw new Unavailable('The connection to the database is lost');
    try {
      const exchange = new Exchange(this.#client, statements, this.#prepared);
      this.#current = { exchange, since: performance.now() };
      this.#watch(this.#patience);
      this.#client.query(exchange);
      return await exchange.done;
    } catch (error) {
      const translated = translate(error);
      if (!(translated instanceof Unavailable)) throw translated;
      await this.close();
      throw committing && !refused(error)
        ? new OutcomeUnknown(`The answer to COMMIT is lost: ${translated.message}`)
        : translated;
    } finally {
      this.#current = undefined;
    }
  }

  /** One timer for all exchanges, as most are over long before: it looks at the one that is under way when it goes off. */
  #watch(milliseconds: number): void {
    this.#watching ??= setTimeout(() => {
      this.#watching = undefined;
      if (this.#current === undefined) return;
      const { exchange, since } = this.#current;
      const left = since + this.#patience - performance.now();
      if (left > 0) this.#watch(left);
      else exchange.handleError(new Unavailable(`The database has not answered for ${this.#patience} ms`));
    }, milliseconds).unref();
  }

  /** Ends the connection; it is not given back, because of its settings. Whatever transaction was open on it is rolled back. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#watching);
    // Not awaited: a peer that is gone never says goodbye. The pool waits for it when it is closed itself.
    void this.#client.end();
    if (!this.#runner.isReleased) await this.#runner.release();
  }
}
