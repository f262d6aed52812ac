import { arrayLiteral } from '@quickstep/shared/db';
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

/** No JSON holds this character unescaped (RFC 8259, section 7): PostgreSQL need only cut such a column. */
const SEPARATOR = '\u0001';

/** Writes whole rows in one statement, new ones and changed ones. */
export async function saveRows<R extends Row>(
  manager: EntityManager,
  { name, columns, key }: Pick<TypedTable<R>, 'name' | 'columns' | 'key'>,
  rows: readonly R[],
): Promise<void> {
  if (rows.length === 0) return;
  const declared = Object.entries(columns);
  const properties = declared.map(([property]) => property);
  const table = escapeIdentifier(name);
  const changes = properties.filter((property) => property !== key).map((each) => `${column(each)} = excluded.${column(each)}`);
  const sources = declared.map(([, { type }], index) =>
    type === 'jsonb' ? `string_to_table($${index + 1}, chr(1))` : `unnest($${index + 1}::${type}[])`,
  );
  const selected = declared.map(([property, { type }]) => column(property) + (type === 'jsonb' ? '::jsonb' : ''));
  const values = declared.map(([property, { type }]) => {
    const all = rows.map((row) => row[property]);
    return type === 'jsonb' ? all.map((each) => JSON.stringify(each)).join(SEPARATOR) : arrayLiteral(all);
  });
  const names = properties.map(column).join(', ');
  await manager.query(
    `insert into ${table} (${names}) select ${selected.join(', ')} from rows from (${sources.join(', ')}) as v(${names})
     on conflict (${column(key)}) do update set ${changes.join(', ')}`,
    values,
  );
}
