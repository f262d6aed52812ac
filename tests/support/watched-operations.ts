import { operationsConfig, startOperationsService } from '@quickstep/operations-service/service';
import { withClient } from '@quickstep/shared/db';
import { type FreshDatabase, freshDatabase, testEnvironment } from '@quickstep/shared/testing';
import { services } from '@quickstep/system';
import { Client } from 'pg';
import { freePort } from '../../tools/src/provision/ports.js';
import { CutProxy } from './cut-proxy.js';
import { until } from './until.js';

interface Followed {
  readonly broker: string;
  /** By the service's name, where it is or will be. */
  readonly urls: ReadonlyMap<string, string>;
  readonly env: NodeJS.ProcessEnv;
}

/** The log of this one is reached through a proxy. */
const CUT = services.inventory.choreography.service;

/** The operations service on a port that stays, beside services that it follows. One of their logs can be taken away. */
export class WatchedOperations {
  /** Before the log of one service. */
  readonly log: CutProxy;
  readonly #database: FreshDatabase;
  readonly #env: NodeJS.ProcessEnv;
  #running: Awaited<ReturnType<typeof startOperationsService>> | undefined;
  #locking: Client | undefined;

  private constructor(log: CutProxy, database: FreshDatabase, env: NodeJS.ProcessEnv) {
    this.log = log;
    this.#database = database;
    this.#env = env;
  }

  static async open({ broker, urls, env }: Followed): Promise<WatchedOperations> {
    const database = await freshDatabase();
    const log = await CutProxy.before(urls.get(CUT) ?? '');
    const followed = [...new Map([...urls, [CUT, log.url]])].map(([service, url]) => `${service}=${url}`);
    const operations = new WatchedOperations(log.proxy, database, {
      ...testEnvironment(broker, database.url),
      PORT: String(await freePort()),
      LOG_LEVEL: 'error',
      SERVICE_URLS: followed.join(','),
      // Twice not seen, a letter is gone.
      DEAD_LETTERS_COMPARED_EVERY_MS: '1000',
      ...env,
    });
    await operations.start();
    return operations;
  }

  /** `host:port`. */
  get target(): string {
    return `127.0.0.1:${this.#env.PORT}`;
  }

  async start(): Promise<void> {
    this.#running = await startOperationsService(operationsConfig(this.#env));
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://${this.target}/metrics`)).text();
  }

  /** Nobody writes the rows of the projection's table until they are unlocked; they can be read. */
  async lock(table: string): Promise<void> {
    const client = new Client({ connectionString: this.#database.url });
    await client.connect();
    this.#locking = client;
    const { rows } = await client.query(
      'select relname as name from pg_class where relkind = $1 and relname ~ $2 order by oid desc limit 1',
      ['r', `^${table}_g[0-9]+$`],
    );
    await client.query('begin');
    await client.query(`lock table ${rows[0]?.name} in exclusive mode`);
  }

  async unlock(): Promise<void> {
    await this.#locking?.end();
    this.#locking = undefined;
  }

  /** As if what is parked had failed for the first time two days ago. Waits until there is something parked. */
  async ageDeadLetters(): Promise<void> {
    const aged = "update dead_letters set first_failed_at = now() - interval '2 days' where state = 'parked'";
    await withClient(this.#database.url, (client) =>
      until(
        async () => (await client.query(aged)).rowCount || undefined,
        () => 'The index knows of no parked message',
      ),
    );
  }

  async close(): Promise<void> {
    await this.unlock();
    this.log.mend();
    await this.stop();
    this.log.close();
    await this.#database.drop();
  }
}
