import { DatabaseError } from 'pg';
import type { MigrationInterface } from 'typeorm';
import { withPath } from '../config/index.js';
import {
  type CatchUpFrom,
  createDataSource,
  ensureDatabase,
  kitMigrations,
  migrateDatabase,
  PgCatchUp,
  withClient,
} from '../db/index.js';
import { grantStatements, ownSchemaStatements, roleStatement } from './database-rights.js';
import { SetUpRefused } from './set-up-refused.js';

export interface DatabaseAdministrator {
  /** A role that makes roles: a superuser's, or with CREATEROLE. */
  readonly rolesUrl: string;
  /** The role that owns the services' databases, and migrates. It makes those that are missing. May be the same. */
  readonly ownerUrl: string;
}

export interface DatabaseAccount {
  /** The role: the service. */
  readonly service: string;
  readonly database: string;
  readonly password: string;
  /** The service's own; the kit's come before them. */
  readonly migrations: readonly (new () => MigrationInterface)[];
}

const INSUFFICIENT_PRIVILEGE = '42501';

async function execute(url: string, statements: readonly string[]): Promise<void> {
  try {
    await withClient(url, async (client) => {
      for (const statement of statements) await client.query(statement);
    });
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) throw error;
    const mend =
      'the role that sets up must own the databases and may make roles; as a superuser run: alter role <it> createrole';
    throw new SetUpRefused(`PostgreSQL: ${error.message} (${mend})`);
  }
}

/**
 * Gives a service a role of its own, which owns nothing and may connect to its own database only, makes the database when it is missing, and
 * migrates it. May be repeated.
 *
 * @throws SetUpRefused when a role may not do it
 */
export async function setUpDatabase({ rolesUrl, ownerUrl }: DatabaseAdministrator, account: DatabaseAccount): Promise<void> {
  const { service, database, password, migrations } = account;
  await execute(rolesUrl, [roleStatement(service, password)]);
  const url = withPath(ownerUrl, `/${database}`);
  await migrateDatabase(url, [...kitMigrations, ...migrations]);
  await execute(url, grantStatements(service, database));
}

/** As `setUpDatabase`, for a service that makes tables at run time: it migrates itself. @throws SetUpRefused when a role may not do it */
export async function setUpOwnDatabase(
  { rolesUrl, ownerUrl }: DatabaseAdministrator,
  { service, database, password }: Omit<DatabaseAccount, 'migrations'>,
): Promise<void> {
  await execute(rolesUrl, [roleStatement(service, password)]);
  const url = withPath(ownerUrl, `/${database}`);
  await ensureDatabase(url);
  await execute(url, ownSchemaStatements(service, database));
}

/** Notes in the database of a service whose queue is about to be made that it asks these emitters for what it has missed. */
export async function planCatchUp(
  ownerUrl: string,
  database: string,
  emitters: readonly string[],
  from: CatchUpFrom,
): Promise<void> {
  const url = withPath(ownerUrl, `/${database}`);
  const dataSource = createDataSource({ url, applicationName: 'setup', entities: [], migrations: [], poolSize: 1 });
  await dataSource.initialize();
  try {
    await new PgCatchUp(dataSource).plan(emitters, from, true);
  } finally {
    await dataSource.destroy();
  }
}
