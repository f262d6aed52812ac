import { serviceNames } from '@quickstep/system';
import { Client } from 'pg';
import type { Operations } from './operations.js';
import type { Running } from './services.js';
import type { Shop } from './shop.js';
import { until } from './until.js';

const LOG = 'select event from event_log';
const ARCHIVE = 'select service, event from archive';

interface Kept {
  readonly service: string;
  readonly event: string;
}

/** Its own log stands in the archive's database. */
const OWN = `select 'operations-service' as service, event from event_log`;

const sorted = (rows: readonly Kept[]) => rows.map(({ service, event }) => `${service} ${event}`).sort();

/** What stands in the logs of all services, and what in the archive: each event once, with the service in whose log it is. */
export async function logsAndArchive(shop: Shop<Running>, archive: Client): Promise<{ logs: string[]; archive: string[] }> {
  const logs = await Promise.all(
    serviceNames.map(async (name) => {
      const { rows } = await shop.database(name).query<{ event: string }>(LOG);
      return rows.map(({ event }): Kept => ({ service: `${name}-service`, event }));
    }),
  );
  const { rows } = await archive.query<Kept>(ARCHIVE);
  const own = await archive.query<Kept>(OWN);
  return { logs: sorted([...logs.flat(), ...own.rows]), archive: sorted(rows) };
}

/** Resolves when the archive has as many events as the logs together. */
export async function archiveCaughtUp(shop: Shop<Running>, archive: Client): Promise<void> {
  let seen = '';
  const count = async (client: Client, table: string) =>
    Number((await client.query(`select count(*) as count from ${table}`)).rows[0].count);
  await until(
    async () => {
      const logs = await Promise.all(serviceNames.map((name) => count(shop.database(name), 'event_log')));
      const wanted = logs.reduce((sum, each) => sum + each, await count(archive, 'event_log'));
      const archived = await count(archive, 'archive');
      seen = `${archived} of ${wanted}`;
      return archived >= wanted || undefined;
    },
    () => `The archive has ${seen} events`,
  );
}

/** A connection to the database of the operations service. */
export async function archiveOf(operations: Operations): Promise<Client> {
  const client = new Client({ connectionString: operations.database.url });
  await client.connect();
  return client;
}
