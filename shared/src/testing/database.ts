import { randomBytes } from 'node:crypto';
import { withPath } from '../config/with-path.js';
import { withClient } from '../db/database.js';

/** A database that nobody else uses. */
export interface FreshDatabase {
  readonly url: string;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
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
  const execute = (statement: string) => withClient(server, async (client) => void (await client.query(statement)));
  await execute(`create database ${name}`);
  return { url: withPath(server, `/${name}`), drop: () => execute(`drop database if exists ${name} with (force)`) };
}
