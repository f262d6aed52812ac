import { Client } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { OutcomeUnknown, reasonOf, Unavailable } from '../pipeline/index.js';
import { refused, translate } from './errors.js';
import { type Answer, Exchange, type Prepared, type Statement } from './exchange.js';
import { type Backend, livenessOf, WHO } from './liveness.js';
import { DURABLE } from './settings.js';

const ROLLBACK: Statement = { name: 'rollback', text: 'rollback' };

/** How long the answer to an exchange may take, in milliseconds. */
export interface Patience {
  /**
   * Then the server is asked, on another connection, whether it still works on it: a connection can be cut off in a way that TCP takes a
   * quarter of an hour to notice.
   */
  readonly ask: number;
  /**
   * Then it is given up; whether it was committed is unknown. Each of its statements may take 30 seconds (`statement_timeout`), so the
   * server is most likely frozen.
   */
  readonly giveUp: number;
}

const PATIENCE: Patience = { ask: 5_000, giveUp: 60_000 };
/** Between two attempts to ask a server that cannot be reached. */
const ASK_AGAIN_MS = 1_000;
/** For the statements that make a connection what it is: they take no time. One from the pool may be dead like the one before it. */
const OPENING_MS = 2_000;

/** What is under way, and since when, from `performance.now()`. */
interface Current {
  readonly exchange: Exchange;
  readonly since: number;
}

/** A pg client on loan from TypeORM's pool. */
export class Connection {
  readonly #runner: QueryRunner;
  readonly #client: Client;
  readonly #url: string;
  readonly #patience: Patience;
  readonly #prepared: Prepared = new Map();
  #last: Promise<unknown> = Promise.resolve();
  #backend: Backend | undefined;
  #current: Current | undefined;
  #watching: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(runner: QueryRunner, client: Client, url: string, patience: Patience) {
    this.#runner = runner;
    this.#client = client;
    this.#url = url;
    this.#patience = patience;
  }

  /**
   * @param settings statements that make it what it is
   * @throws Unavailable
   */
  static async open(dataSource: DataSource, settings = DURABLE, patience = PATIENCE): Promise<Connection> {
    const runner = dataSource.createQueryRunner();
    const client: unknown = await runner.connect().catch((error: unknown) => {
      // Whatever the reason, a wrong password included: nothing is wrong with the batch that wanted it.
      throw new Unavailable(`No connection to the database: ${reasonOf(error)}`);
    });
    const { options } = dataSource;
    if (!(client instanceof Client) || options.type !== 'postgres' || options.url === undefined) {
      await runner.release();
      throw new TypeError('The data source must be made by createDataSource: it is not PostgreSQL through pg');
    }
    const connection = new Connection(runner, client, options.url, patience);
    try {
      const answers = await connection.send([...settings.map((text) => ({ text })), WHO]);
      const [backend]: Backend[] = answers.at(-1)?.rows ?? [];
      connection.#backend = backend;
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
      this.#watch(this.#firstLook);
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
      if (this.#current !== undefined) void this.#look(this.#current);
    }, milliseconds).unref();
  }

  get #firstLook(): number {
    const { ask, giveUp } = this.#patience;
    return Math.min(this.#backend === undefined ? OPENING_MS : ask, giveUp);
  }

  async #look(current: Current): Promise<void> {
    const { ask, giveUp } = this.#patience;
    const waited = performance.now() - current.since;
    const lost = (why: string) => {
      if (this.#current === current) current.exchange.handleError(new Unavailable(why));
    };
    if (waited >= giveUp) return lost(`The database has not answered for ${giveUp} ms`);
    if (waited < this.#firstLook) return this.#watch(this.#firstLook - waited);
    if (this.#backend === undefined) return lost(`The database has not answered for ${OPENING_MS} ms`);
    const liveness = await livenessOf(this.#url, this.#backend);
    if (liveness === 'over') return lost('The database no longer works on what it was asked, and no answer has come');
    if (!this.#closed) this.#watch(Math.min(liveness === 'active' ? ask : ASK_AGAIN_MS, giveUp - waited));
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
