import { Client, DatabaseError, escapeLiteral } from 'pg';
import { Problem } from '../problem.js';
import type { Database } from './provided.js';
import type { Secret } from './secrets.js';

const administrator = 'postgres';
/** Its own database too, so that a tool has a place for tables of its own. */
const services = 'quickstep';

interface Started {
  port: number;
  data: string;
  administrator: Secret;
  services: Secret;
}

/** Gives a server that was just started the role of the services, which creates their databases and nothing else. */
export async function prepareRoles({ port, data, ...secrets }: Started): Promise<Database> {
  const host = `127.0.0.1:${port}`;
  const administratorUrl = `postgres://${administrator}:${secrets.administrator.value}@${host}/postgres`;
  const client = new Client({ connectionString: administratorUrl });
  await client.connect().catch((error: unknown) => {
    throw error instanceof DatabaseError && error.code === INVALID_PASSWORD ? refused(data, secrets.administrator) : error;
  });
  try {
    await prepare(client, secrets.services.value);
  } finally {
    await client.end();
  }
  return { url: `postgres://${services}:${secrets.services.value}@${host}/${services}`, administratorUrl };
}

const INVALID_PASSWORD = '28P01';

async function prepare(client: Client, password: string): Promise<void> {
  const exists = async (query: string) => (await client.query(query, [services])).rows.length > 0;
  if (!(await exists('select from pg_roles where rolname = $1'))) await client.query(`create role ${services}`);
  const rights = 'login createdb nosuperuser nocreaterole noreplication nobypassrls';
  await client.query(`alter role ${services} ${rights} password ${escapeLiteral(password)}`);
  if (!(await exists('select from pg_database where datname = $1')))
    await client.query(`create database ${services} owner ${services}`);
  // A service's own role is to connect to its own database only. The owner needs `postgres` to create databases.
  await client.query(`revoke connect, temporary on database postgres, template1, ${services} from public`);
  await client.query(`grant connect on database postgres to ${services}`);
}

function refused(data: string, { file }: Secret): Problem {
  return new Problem(
    `PostgreSQL's data in ${data} does not know the password in ${file}: it was made with another one, or by a version that had none ` +
      'of its own. Put the right file back, or move the data away to begin anew.',
  );
}
