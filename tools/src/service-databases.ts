import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ask } from '@quickstep/system/invariants';
import { Client } from 'pg';
import { stateDirectory } from './paths.js';
import { Problem } from './problem.js';
import { serviceNamed } from './services.js';

/** The databases of all services on one server; opened when they are first asked. */
export class ServiceDatabases {
  readonly #server: string;
  readonly #clients = new Map<string, Client>();

  /** @param server any database on it */
  constructor(server: string) {
    this.#server = server;
  }

  readonly ask: Ask = async (service, statement, values) => {
    const client = this.#clients.get(service) ?? (await this.#open(service));
    this.#clients.set(service, client);
    return (await client.query(statement, [...values])).rows;
  };

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await client.end();
  }

  async #open(service: string): Promise<Client> {
    const url = new URL(this.#server);
    url.pathname = `/${serviceNamed(service).database}`;
    const client = new Client({ connectionString: url.href });
    await client.connect();
    return client;
  }
}

/** The line of `postmaster.pid` that holds the port (https://www.postgresql.org/docs/current/storage-file-layout.html). */
const PORT_LINE = 3;

/** `POSTGRES_URL`, or the server that `npm start` runs. @throws Problem when there is neither */
export function runningDatabase(): string {
  const given = process.env.POSTGRES_URL;
  if (given) return given;
  const directory = join(stateDirectory, 'start');
  try {
    const password = readFileSync(join(directory, 'secrets', 'postgres-services'), 'utf8').trim();
    const port = readFileSync(join(directory, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[PORT_LINE];
    return `postgres://quickstep:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  } catch {
    throw new Problem('Nothing runs here: start it with `npm start`, or set POSTGRES_URL to the server of the services.');
  }
}
