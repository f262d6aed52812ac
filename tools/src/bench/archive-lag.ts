import { ServiceDatabases } from '../service-databases.js';
import { operationsService, sagaServices } from '../services.js';
import { until } from '../wait.js';
import { sum } from './statistics.js';
import type { System } from './system.js';

/** What the operations service had not done yet when the last order had ended. It is waited for, and its processor time counts. */
export interface ArchiveLag {
  /** Events of the services' logs that were not in the archive. */
  archive: number;
  /** Events of the archive that the slowest of projections and windows was behind. */
  projections: number;
  /** Until both were none, from the last ending. */
  seconds: number;
}

const LOGGED = 'select count(*)::int as events from event_log';
const ARCHIVED = `select coalesce(sum(events), 0)::int as events from archive_feeds where service <> '${operationsService.name}'`;
const PROJECTED = `select (coalesce(max(position), 0)
  - least((select min(position) from projections), (select min(position) from analytics_progress)))::int as events from archive`;

/** Undefined without the operations service. */
export async function waitForArchive(system: System, signal: AbortSignal): Promise<ArchiveLag | undefined> {
  if (system.instances(operationsService.name).length === 0) return undefined;
  const databases = ServiceDatabases.on(system.postgresUrl);
  const started = performance.now();
  const eventsIn = async (service: string, statement: string): Promise<number> => {
    const [row] = await databases.ask<{ events: number }>(service, statement, []);
    return row?.events ?? 0;
  };
  const behind = async () => {
    const logs = await Promise.all(sagaServices.map(({ name }) => eventsIn(name, LOGGED)));
    const projections = await eventsIn(operationsService.name, PROJECTED);
    return { archive: sum(logs) - (await eventsIn(operationsService.name, ARCHIVED)), projections };
  };
  try {
    const first = await behind();
    let left = first;
    const done = async () => {
      left = await behind();
      return left.archive <= 0 && left.projections <= 0;
    };
    await until(done, { timeoutMs: 600_000, everyMs: 500, signal, failure: 'The archive did not catch up' });
    return { ...first, seconds: (performance.now() - started) / 1_000 };
  } finally {
    await databases.close();
  }
}
