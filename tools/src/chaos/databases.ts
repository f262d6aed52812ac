import type { Ask } from '@quickstep/system/invariants';
import { Client } from 'pg';

const CONNECT_MS = 2_000;
/** For looks while faults go on; the invariants at the end may take longer. */
const QUERY_MS = 60_000;

/** Asks the databases of all services, by ways of the tool's own; a connection that broke is made anew by the next question. */
export class Databases {
  readonly #urlOf: (service: string) => string;
  readonly #clients = new Map<string, Promise<Client>>();

  /** @param urlOf for an administrator, past the proxies */
  constructor(urlOf: (service: string) => string) {
    this.#urlOf = urlOf;
  }

  readonly ask: Ask = async (service, statement, values) => {
    const opening = this.#clients.get(service) ?? this.#keep(service);
    try {
      const client = await opening;
      return (await client.query(statement, [...values])).rows;
    } catch (error) {
      this.#forget(service, opening);
      void opening.then((client) => client.end()).catch(() => undefined);
      throw error;
    }
  };

  #keep(service: string): Promise<Client> {
    const opening = open(this.#urlOf(service));
    this.#clients.set(service, opening);
    // One that breaks while nobody asks.
    void opening.then((client) => client.once('error', () => this.#forget(service, opening))).catch(() => undefined);
    return opening;
  }

  #forget(service: string, opening: Promise<Client>): void {
    if (this.#clients.get(service) === opening) this.#clients.delete(service);
  }

  /** A connection of its own, for whoever keeps a transaction open. */
  open(service: string): Promise<Client> {
    return open(this.#urlOf(service));
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.allSettled(clients.map(async (opening) => (await opening).end()));
  }
}

async function open(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString, connectionTimeoutMillis: CONNECT_MS, query_timeout: QUERY_MS });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
