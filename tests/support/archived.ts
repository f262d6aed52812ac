import type { CloudEvent } from '@quickstep/shared/events';
import { serviceNames } from '@quickstep/system';
import { type Ask, type Kept, logsAndArchive as kept } from '@quickstep/system/invariants';
import { Client } from 'pg';
import { askOf } from './invariants.js';
import type { Operations } from './operations.js';
import type { Running } from './services.js';
import type { Shop } from './shop.js';
import { PATIENCE, until } from './until.js';

const OPERATIONS = 'operations-service';

/** What stands in the logs of all services, the operations service's own too, and what in the archive. */
export function logsAndArchive(shop: Shop<Running>, archive: Client): Promise<{ logs: Kept[]; archive: Kept[] }> {
  const ofSagas = askOf((name) => shop.database(name));
  const ask: Ask = async (service, statement, values) => {
    if (service !== OPERATIONS) return ofSagas(service, statement, values);
    return (await archive.query(statement, [...values])).rows;
  };
  return kept(ask, [...serviceNames.map((name) => `${name}-service`), OPERATIONS]);
}

export const eventsIn = (some: readonly Kept[]): number => some.reduce((sum, { events }) => sum + events, 0);

/** Resolves when the archive has as many events as the logs together. */
export async function archiveCaughtUp(shop: Shop<Running>, archive: Client, patience = PATIENCE): Promise<void> {
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
    patience,
  );
}

/** A connection to the database of the operations service. */
export async function archiveOf(operations: Operations): Promise<Client> {
  const client = new Client({ connectionString: operations.database.url });
  await client.connect();
  return client;
}

/** An event and what followed from it. */
export interface EffectTree {
  readonly event: CloudEvent;
  readonly effects: readonly EffectTree[];
}
type Types = { readonly [type: string]: readonly Types[] };

export function typesIn(effects: readonly EffectTree[]): Types[] {
  return effects.map(({ event, effects: more }) => ({ [event.type]: typesIn(more) }));
}

/** What nobody emitted, to be put into a log behind its service's back. */
export function written(id: string): object {
  const time = new Date().toISOString();
  return {
    specversion: '1.0',
    id,
    type: 'test.written',
    source: '/order-service',
    subject: 'hole',
    time,
    correlationid: 'hole',
    causationid: 'x',
    data: {},
  };
}
