import type { DataSource } from 'typeorm';
import { Connection } from './connection.js';
import type { Answer, Statement } from './exchange.js';
import { DURABLE, WITHOUT_WAITING } from './settings.js';

/** One connection, kept for as long as it works: opened at first use, and anew when it broke. */
export class Session {
  readonly #dataSource: DataSource;
  readonly #settings: string[];
  #current: Connection | undefined;
  #opening: Promise<Connection> | undefined;

  /**
   * @param durable false when what is committed here may be lost if the server crashes. A durable commit that follows in the same
   * server makes it durable too, as the log is written in order.
   */
  constructor(dataSource: DataSource, durable = true) {
    this.#dataSource = dataSource;
    this.#settings = durable ? DURABLE : WITHOUT_WAITING;
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
  async send(statements: readonly Statement[]): Promise<readonly Answer[]> {
    const connection = await this.connection();
    return connection.send(statements);
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#current?.close();
  }
}
