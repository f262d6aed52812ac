import { createDataSource, kitMigrations, migrate } from '@quickstep/shared/db';
import { freshDatabase } from '@quickstep/shared/testing';
import { LedgerTables1760000000000 } from '@quickstep/simulated-providers';

/** Names of the tables that the migrations of the kit and of its simulated providers make: no service declares them. */
export async function kitTables(): Promise<string[]> {
  const database = await freshDatabase();
  const dataSource = createDataSource({
    url: database.url,
    applicationName: 'kit-tables',
    entities: [],
    migrations: [...kitMigrations, LedgerTables1760000000000],
    poolSize: 2,
  });
  try {
    await dataSource.initialize();
    await migrate(dataSource);
    const rows: { name: string }[] = await dataSource.query(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    return rows.map(({ name }) => name);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.drop();
  }
}
