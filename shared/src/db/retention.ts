import { escapeIdentifier } from 'pg';
import { columnName, type TypedTable } from '../rows/index.js';
import type { Statement } from './exchange.js';

/** How long the rows of a table are kept: made by `keep` for a table that is declared. Which rule each table has, and why it is safe: docs/retention.md. */
export interface Retention {
  readonly table: string;
  /** Since when: a `timestamptz`, by the database's clock. Wants an index; BRIN will do, as such rows come in order of time. */
  readonly column: string;
  /** 0 keeps them for ever. */
  readonly days: number;
  /** SQL: only rows for which it is true may go. */
  readonly where?: string;
  /** SQL assignments: the rows stay, and lose what is in these columns. `where` must not be true of them afterwards. */
  readonly empty?: string;
}

type MomentIn<R> = { [Property in keyof R]: R[Property] extends Date | null ? Property : never }[keyof R] & string;

/** Rows are kept for so many days since the moment in one of their properties; those in which it is null are kept. */
export function keep<R extends object>(table: TypedTable<R>, since: MomentIn<R>, days: number): Retention {
  return { table: table.name, column: columnName(since), days };
}

/** Locks what it deletes or empties before: a row that somebody is changing stays until the next time. */
export function deleteOld({ table, column, days, where = 'true', empty }: Retention, limit: number): Statement {
  const name = escapeIdentifier(table);
  const old = `where ctid = any(array(
    select ctid from ${name} where ${escapeIdentifier(column)} < now() - $1::integer * interval '1 day' and (${where})
    limit $2 for update skip locked))`;
  const values = [days, limit];
  // Several rules may be about one table: the statement is not prepared, as it would need a name of its own.
  return { text: empty === undefined ? `delete from ${name} ${old}` : `update ${name} set ${empty} ${old}`, values };
}
