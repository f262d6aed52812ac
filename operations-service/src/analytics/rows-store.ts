import { columnName, type Row, type TypedTable } from '@quickstep/shared/rows';
import { escapeIdentifier } from 'pg';
import type { EntityManager } from 'typeorm';

const column = (property: string) => escapeIdentifier(columnName(property));

/** The rows of these keys that exist. */
export function loadRows<R extends object>(
  manager: EntityManager,
  { name, columns, key }: TypedTable<R>,
  keys: readonly string[],
): Promise<R[]> {
  const selected = Object.keys(columns).map((property) => `${column(property)} as ${escapeIdentifier(property)}`);
  return keys.length === 0
    ? Promise.resolve([])
    : manager.query(`select ${selected.join(', ')} from ${escapeIdentifier(name)} where ${column(key)} = any($1::text[])`, [
        keys,
      ]);
}

/** Writes whole rows in one statement, new ones and changed ones. */
export async function saveRows<R extends Row>(
  manager: EntityManager,
  { name, columns, key }: Pick<TypedTable<R>, 'name' | 'columns' | 'key'>,
  rows: readonly R[],
): Promise<void> {
  if (rows.length === 0) return;
  const properties = Object.keys(columns);
  const table = escapeIdentifier(name);
  const changes = properties.filter((property) => property !== key).map((each) => `${column(each)} = excluded.${column(each)}`);
  const values = rows.map((row) => Object.fromEntries(properties.map((property) => [columnName(property), row[property]])));
  await manager.query(
    `insert into ${table} (${properties.map(column).join(', ')})
     select ${properties.map(column).join(', ')} from jsonb_populate_recordset(null::${table}, $1::jsonb)
     on conflict (${column(key)}) do update set ${changes.join(', ')}`,
    [JSON.stringify(values)],
  );
}
