import { TableStatements } from '@quickstep/shared/db';
import { columnName, type Table } from '@quickstep/shared/rows';
import type { Projection, ProjectionTable } from './projection.js';

/** Runs a statement inside a transaction. */
export interface Runner {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A table of one generation; the view of the table's own name shows that of the generation that is live. */
export const physicalName = ({ name }: Table, generation: number) => `${name}_g${generation}`;

function columnsOf({ columns }: Table): string {
  return Object.entries(columns)
    .map(([property, { type, nullable, key }]) => {
      const rest = key ? ' primary key' : nullable ? '' : ' not null';
      return `"${columnName(property)}" ${type}${rest}`;
    })
    .join(', ');
}

async function createTable(runner: Runner, { table, indices = [] }: ProjectionTable, generation: number): Promise<void> {
  const name = physicalName(table, generation);
  // Rows are changed again and again: with room on their page they stay there.
  await runner.query(`create table ${name} (${columnsOf(table)}) with (fillfactor = 70)`);
  for (const index of indices) await runner.query(`create index on ${name} ${index}`);
}

export async function createTables(runner: Runner, { tables }: Projection, generation: number): Promise<void> {
  for (const each of tables) await createTable(runner, each, generation);
}

/** From here on readers see the rows of this generation. */
export async function showTables(runner: Runner, { tables }: Projection, generation: number): Promise<void> {
  for (const { table } of tables) {
    await runner.query(`drop view if exists ${table.name}`);
    await runner.query(`create view ${table.name} as select * from ${physicalName(table, generation)}`);
  }
}

/** Drops what an earlier generation had, also tables that this version of the projection has no more. */
export async function dropTables(runner: Runner, names: readonly string[]): Promise<void> {
  for (const name of names) await runner.query(`drop table if exists ${name} cascade`);
}

const statements = new Map<string, TableStatements>();

export function statementsOf(table: Table, generation: number): TableStatements {
  const name = physicalName(table, generation);
  const known = statements.get(name);
  if (known !== undefined) return known;
  const made = new TableStatements({ ...table, name });
  statements.set(name, made);
  return made;
}
