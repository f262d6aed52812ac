import type { Ask } from './read.js';

/** The events of one service's log, wherever they are kept: how many, and a number that changes with any byte of any of them. */
export interface Kept {
  readonly service: string;
  readonly events: number;
  readonly digest: string;
}

const KEPT = 'count(*)::int as events, coalesce(sum(hashtextextended(event, 0)), 0)::text as digest';
const ARCHIVE = 'operations-service';

const inOrder = (kept: Iterable<Kept>) => [...kept].sort((a, b) => (a.service < b.service ? -1 : 1));

/** What stands in the logs of services, and what in the archive: the same, once nothing moves and the archive has caught up. */
export async function logsAndArchive(ask: Ask, services: readonly string[]): Promise<{ logs: Kept[]; archive: Kept[] }> {
  const each = services.map(async (service) => {
    const rows = await ask<Omit<Kept, 'service'>>(service, `select ${KEPT} from event_log`, []);
    return rows.map((row) => ({ service, ...row }));
  });
  const logs = (await Promise.all(each)).flat();
  const archived = await ask<Kept>(ARCHIVE, `select service, ${KEPT} from archive group by service`, []);
  const nothing = services.map((service): [string, Kept] => [service, { service, events: 0, digest: '0' }]);
  const archive = new Map([...nothing, ...archived.map((kept): [string, Kept] => [kept.service, kept])]);
  return { logs: inOrder(logs), archive: inOrder(archive.values()) };
}
