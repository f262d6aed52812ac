import type { Client, Connection, QueryResult, QueryResultRow, Submittable } from 'pg';

export type Value = string | number | Date | null;

/** A statement; one with a name is prepared at its first use and kept so. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly Value[];
}

export interface Answer {
  /** The first word of the command tag: what the server says it did. */
  readonly command: string;
  readonly rowCount: number;
  readonly rows: QueryResult['rows'];
}

/** What the rows of a statement look like. */
interface Shape {
  readonly names: readonly string[];
  readonly parsers: readonly ((text: string) => unknown)[];
}

interface Column {
  readonly name: string;
  readonly dataTypeID: number;
}

/** The statements that a connection has prepared, and what they answer. */
export type Prepared = Map<string, Shape>;

const NO_COLUMNS: Shape = { names: [], parsers: [] };
const PORTAL = '';

function textOf(value: Value): string | null {
  if (value === null || typeof value === 'string') return value;
  return value instanceof Date ? value.toISOString() : String(value);
}

/**
 * Statements that go to the server together, with one Sync behind the last: one round trip, one system call each way
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING). Once one fails the server skips the rest, a
 * COMMIT included. The driver's own pipeline sends a Sync behind each, which the server answers one by one.
 */
export class Exchange implements Submittable {
  readonly #client: Client;
  readonly #statements: readonly Statement[];
  readonly #values: readonly (string | null)[][];
  readonly #prepared: Prepared;
  readonly #answers: Answer[] = [];
  #shape: Shape = NO_COLUMNS;
  #rows: QueryResultRow[] = [];
  #unreadable: unknown;
  #resolve: (answers: readonly Answer[]) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  readonly done: Promise<readonly Answer[]>;

  /** @throws RangeError when a date is none; nothing has been sent then */
  constructor(client: Client, statements: readonly Statement[], prepared: Prepared) {
    this.#client = client;
    this.#statements = statements;
    this.#values = statements.map(({ values = [] }) => values.map(textOf));
    this.#prepared = prepared;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Called by the client, as are all that follow. */
  submit(connection: Connection): void {
    connection.stream.cork();
    this.#statements.forEach((statement, index) => {
      this.#send(connection, statement, this.#values[index] ?? []);
    });
    connection.sync();
    connection.stream.uncork();
    this.#begin();
  }

  handleRowDescription({ fields }: { readonly fields: readonly Column[] }): void {
    const parserOf = ({ dataTypeID }: Column) => this.#client.getTypeParser(dataTypeID, 'text');
    this.#shape = { names: fields.map(({ name }) => name), parsers: fields.map(parserOf) };
  }

  /** Called from the socket's handler, where what is thrown ends the process. */
  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    try {
      this.#rows.push(this.#read(fields));
    } catch (error) {
      this.#unreadable ??= error;
    }
  }

  handleCommandComplete({ text: tag }: { readonly text: string }): void {
    const name = this.#statements[this.#answers.length]?.name;
    if (name !== undefined) this.#prepared.set(name, this.#shape);
    const words = tag.split(' ');
    this.#answers.push({ command: words[0] ?? '', rowCount: Number(words.at(-1)) || 0, rows: this.#rows });
    this.#begin();
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' });
  }

  handleError(error: unknown): void {
    const name = this.#statements[this.#answers.length]?.name;
    // Perhaps it was prepared, perhaps not.
    if (name !== undefined) this.#prepared.delete(name);
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    if (this.#unreadable === undefined) this.#resolve(this.#answers);
    else this.#reject(this.#unreadable);
  }

  #begin(): void {
    this.#rows = [];
    this.#shape = this.#prepared.get(this.#statements[this.#answers.length]?.name ?? '') ?? NO_COLUMNS;
  }

  #read(fields: readonly (string | null)[]): QueryResultRow {
    const { names, parsers } = this.#shape;
    const row: QueryResultRow = {};
    for (let index = 0; index < names.length; index++) {
      const text = fields[index] ?? null;
      row[names[index] ?? ''] = text === null ? null : parsers[index]?.(text);
    }
    return row;
  }

  #send(connection: Connection, { name = '', text }: Statement, values: (string | null)[]): void {
    const known = this.#prepared.has(name);
    if (!known) {
      // To close what does not exist is no error; to prepare under a name that is taken is one.
      if (name !== '') connection.close({ type: 'S', name }, true);
      connection.parse({ name, text, types: [] }, true);
    }
    connection.bind({ portal: PORTAL, statement: name, values }, true);
    if (!known) connection.describe({ type: 'P', name: PORTAL }, true);
    connection.execute({ portal: PORTAL }, true);
  }
}
