import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kitMigrations, migrateDatabase, withClient } from '@quickstep/shared/db';
import { columnName, type Table } from '@quickstep/shared/rows';
import { type FreshDatabase, freshDatabase, freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import * as inventory from '../inventory-service/src/db/tables.js';
import * as notification from '../notification-service/src/db/tables.js';
import { Analytics1760000000003 } from '../operations-service/src/analytics/migration.js';
import { analyticsTables } from '../operations-service/src/db/tables.js';
import * as order from '../order-service/src/db/tables.js';
import * as payment from '../payment-service/src/db/tables.js';
import * as shipping from '../shipping-service/src/db/tables.js';
import { kitTables } from './support/kit-tables.js';
import { type ServiceName, serviceNames, startHere } from './support/services.js';

const declared: Readonly<Record<ServiceName, readonly Table[]>> = {
  order: Object.values(order),
  inventory: Object.values(inventory),
  payment: Object.values(payment),
  shipping: Object.values(shipping),
  notification: Object.values(notification),
};

/** As information_schema writes the types that are named otherwise in a declaration. */
const spelling: Readonly<Record<string, string>> = { timestamptz: 'timestamp with time zone' };

interface Shape {
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly key: boolean;
}

function shapeOf({ columns }: Table): Shape[] {
  return Object.entries(columns).map(([property, { type, nullable, key }]) => ({
    column: columnName(property),
    type: spelling[type] ?? type,
    nullable,
    key,
  }));
}

const byColumn = (a: Shape, b: Shape) => (a.column < b.column ? -1 : 1);

/** Generated columns belong to the database: no row has them. */
const COLUMNS = `
  select c.table_name as "table", c.column_name as "column", c.data_type as type, c.is_nullable = 'YES' as nullable,
         exists (select from information_schema.table_constraints t join information_schema.key_column_usage k
                   using (constraint_schema, constraint_name)
                  where t.constraint_type = 'PRIMARY KEY' and k.table_schema = c.table_schema
                    and k.table_name = c.table_name and k.column_name = c.column_name) as key
    from information_schema.columns c
   where c.table_schema = 'public' and c.is_generated = 'NEVER'`;

function tablesIn(url: string): Promise<Record<string, Shape[]>> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<Shape & { table: string }>(COLUMNS);
    const tables: Record<string, Shape[]> = {};
    for (const { table, ...shape } of rows) tables[table] = [...(tables[table] ?? []), shape].sort(byColumn);
    return tables;
  });
}

let kit: string[];
beforeAll(async () => {
  kit = await kitTables();
});

describe.each(serviceNames)('the migrations of %s', (name) => {
  let surroundings: Surroundings;
  let tables: Record<string, Shape[]>;

  beforeAll(async () => {
    surroundings = await freshSurroundings();
    const service = await startHere(name, surroundings.env);
    await service.stop();
    tables = await tablesIn(surroundings.database.url);
  });
  afterAll(() => surroundings.drop());

  test('make the tables that are declared, and no others', () => {
    const others = Object.keys(tables).filter((table) => !kit.includes(table));
    expect(others.sort()).toEqual(declared[name].map((table) => table.name).sort());
  });

  test.each(declared[name].map((table) => [table.name, table] as const))(
    'give %s the columns that it declares: name, type, nullability and key',
    (_, table) => {
      expect(tables[table.name]).toEqual(shapeOf(table).sort(byColumn));
    },
  );
});

/** The tables of its projections are made from their declarations. */
describe('the migrations of operations', () => {
  let database: FreshDatabase;
  let tables: Record<string, Shape[]>;

  beforeAll(async () => {
    database = await freshDatabase();
    await migrateDatabase(database.url, [...kitMigrations, Analytics1760000000003]);
    tables = await tablesIn(database.url);
  });
  afterAll(() => database.drop());

  test.each(analyticsTables.map((table): [string, Table] => [table.name, table]))(
    'give %s the columns that it declares: name, type, nullability and key',
    (_, table) => {
      expect(tables[table.name]).toEqual(shapeOf(table).sort(byColumn));
    },
  );
});
