import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { columnName, type Table, type TypedTable } from '../rows/index.js';

const entities = new WeakMap<object, EntitySchema>();

/** The table's entity for TypeORM's query builders, made once. */
export function entityOf<R extends object>(table: TypedTable<R>): EntitySchema<R>;
export function entityOf(table: Table): EntitySchema;
export function entityOf(table: Table): EntitySchema {
  const known = entities.get(table.columns);
  if (known !== undefined) return known;
  const columns = Object.entries(table.columns).map(
    ([property, { type, nullable, key }]): [string, EntitySchemaColumnOptions] => [
      property,
      { name: columnName(property), type, nullable, primary: key },
    ],
  );
  const entity = new EntitySchema({ name: table.name, tableName: table.name, columns: Object.fromEntries(columns) });
  entities.set(table.columns, entity);
  return entity;
}
