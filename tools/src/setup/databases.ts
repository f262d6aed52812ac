import { type CatchUpFrom, createDataSource, kitMigrations, migrateDatabase, PgCatchUp } from '@quickstep/shared/db';
import { grantStatements, roleStatement } from '@quickstep/shared/rights';
import { serviceOf } from '@quickstep/system';
import { holders } from '@quickstep/system/rights';
import { Client, DatabaseError } from 'pg';
import { Problem } from '../problem.js';
import type { Account } from './accounts.js';

export interface DatabaseAdministrator {
  /** A role that makes roles. */
  readonly rolesUrl: string;
  /** The role that owns the services' databases, and migrates. It makes those that are missing. */
  readonly ownerUrl: string;
}

const INSUFFICIENT_PRIVILEGE = '42501';

function at(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) return error;
  return new Problem(
    `PostgreSQL: ${error.message}. The role that sets the system up makes roles: as a superuser run "alter role <it> createrole".`,
  );
}

/**
 * Gives each service a role of its own, which owns nothing and can connect to its own database only, makes the databases that are
 * missing, and migrates them. May be repeated.
 */
export async function setUpDatabases({ rolesUrl, ownerUrl }: DatabaseAdministrator, accounts: readonly Account[]): Promise<void> {
  const roles = accounts.map(({ service, postgres }) => roleStatement(service, postgres.value));
  await execute(rolesUrl, roles).catch((error: unknown) => {
    throw explain(error);
  });
  await Promise.all(accounts.map((account) => setUpDatabase(ownerUrl, account)));
}

async function setUpDatabase(ownerUrl: string, { service, database }: Account): Promise<void> {
  const { migrations } = await serviceOf(service).describe();
  const url = at(ownerUrl, database);
  await migrateDatabase(url, [...kitMigrations, ...migrations]);
  await execute(url, grantStatements(service, database));
}

/** Notes in the databases of services whose queues are about to be made that they ask the emitters for what they have missed. */
export async function planCatchUp(ownerUrl: string, accounts: readonly Account[], missing: readonly string[], from: CatchUpFrom) {
  const emittersOf = new Map(holders().map(({ topology }) => [topology.queue, topology.emitters]));
  for (const { service, database } of accounts.filter((each) => missing.includes(each.service))) {
    const url = at(ownerUrl, database);
    const dataSource = createDataSource({ url, applicationName: 'setup', entities: [], migrations: [], poolSize: 1 });
    await dataSource.initialize();
    try {
      const emitters = (emittersOf.get(service) ?? []).map((emitter) => emitter.service);
      await new PgCatchUp(dataSource).plan(emitters, from, true);
    } finally {
      await dataSource.destroy();
    }
  }
}
