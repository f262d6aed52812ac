import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ask } from '@quickstep/system/invariants';
import type { SupervisedService } from '../../supervisor.js';

/** What a service must be started with to have a clock that can be set. @param directory of the files that say by how much */
export const settableClock = (directory: string): NodeJS.ProcessEnv => ({
  CHAOS_CLOCKS: directory,
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --require ${join(__dirname, 'preload.js')}`.trimStart(),
});

/** Sets the clock of a process so many milliseconds off. */
export function setClock(directory: string, service: SupervisedService, offset: number): void {
  const pid = service.pid();
  if (pid === undefined) return;
  writeFileSync(join(directory, `${pid}`), `${offset}`);
  service.kill('SIGUSR2');
}

/** UUIDv7: its first 48 bits are the milliseconds of the clock that made it (RFC 9562). */
const timeIn = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

/** By how many milliseconds the id of the service's latest event is off the clock of the database; undefined when there is none. */
export async function skewOf(ask: Ask, service: string): Promise<number | undefined> {
  const [latest] = await ask<{ id: string; now: number }>(
    service,
    `select event_id as id, extract(epoch from clock_timestamp())::float8 * 1000 as now
     from event_log order by position desc limit 1`,
    [],
  );
  return latest === undefined ? undefined : timeIn(latest.id) - latest.now;
}
