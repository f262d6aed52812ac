import type { DuckDBConnection, DuckDBInstance, JS } from '@duckdb/node-api';
import { Problem, reasonOf } from '../problem.js';

/** What DuckDB may take, whatever it reads; what does not fit goes to a file beside what it writes. */
const MEMORY = '256MB';

/** A DuckDB of its own, in memory. */
export class Duck {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /**
   * Loaded here only: an image of the services has the operator's commands, but not this package.
   *
   * @param directory where it may spill to
   * @throws Problem when it is not installed
   */
  static async open(directory: string): Promise<Duck> {
    const { DuckDBInstance: Instance } = await import('@duckdb/node-api').catch((error: unknown) => {
      throw new Problem(`DuckDB, which makes Parquet and CSV files, cannot be loaded (${reasonOf(error)}).`);
    });
    const instance = await Instance.create(':memory:', { memory_limit: MEMORY, temp_directory: directory, threads: '1' });
    const connection = await instance.connect();
    // Times are those of the events, in UTC, wherever this runs.
    await connection.run("set timezone = 'UTC'");
    await connection.run('set preserve_insertion_order = false');
    return new Duck(instance, connection);
  }

  async run(statement: string): Promise<void> {
    await this.#connection.run(statement);
  }

  async rows(statement: string): Promise<Record<string, JS>[]> {
    return (await this.#connection.runAndReadAll(statement)).getRowObjectsJS();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
