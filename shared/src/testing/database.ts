import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A database that nobody else uses. */
export interface FreshDatabase {
  readonly url: string;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/**
 * Creates an empty database on the server of `POSTGRES_URL`, for one test file.
 *
 * @throws Error when the variable is not set
 */
export async function freshDatabase(): Promise<FreshDatabase> {
  const server = process.env.POSTGRES_URL;
  if (server === undefined) throw new Error('Set POSTGRES_URL; `node tools/bootstrap.mjs servers` starts a server and prints it');
  const name = `quickstep_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await execute(server, `create database ${name}`);
  return { url: url.href, drop: () => execute(server, `drop database if exists ${name} with (force)`) };
}
