import type { Ask } from '@quickstep/system/invariants';
import { Client, type ClientConfig } from 'pg';
import { databaseUrl, serviceNamed } from './services.js';

type Limits = Pick<ClientConfig, 'connectionTimeoutMillis' | 'query_timeout'>;

/** Asks the databases of all services; a connection is made with the first question, and anew after one that broke. */
export class ServiceDatabases {
  readonly #urlOf: (service: string) => string;
  readonly #limits: Limits;
  readonly #clients = new Map<string, Promise<Client>>();

  constructor(urlOf: (service: string) => string, limits: Limits = {}) {
    this.#urlOf = urlOf;
    this.#limits = limits;
  }

  /** @param server any database on it */
  static on(server: string): ServiceDatabases {
    return new ServiceDatabases((service) => databaseUrl(server, serviceNamed(service)));
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

  /** A connection of its own, for whoever keeps a transaction open. */
  async open(service: string): Promise<Client> {
    const client = new Client({ connectionString: this.#urlOf(service), ...this.#limits });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.allSettled(clients.map(async (opening) => (await opening).end()));
  }

  #keep(service: string): Promise<Client> {
    const opening = this.open(service);
    this.#clients.set(service, opening);
    // One that breaks while nobody asks.
    void opening.then((client) => client.once('error', () => this.#forget(service, opening))).catch(() => undefined);
    return opening;
  }

  #forget(service: string, opening: Promise<Client>): void {
    if (this.#clients.get(service) === opening) this.#clients.delete(service);
  }
}
