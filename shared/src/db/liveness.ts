import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** The server's process of a connection; the start tells it from a later one with the same number. */
export interface Backend {
  readonly pid: number;
  readonly started: string;
}

/** Asked of the server itself, as a pooler between tells clients a number of its own. */
export const WHO = 'select pid, backend_start::text as started from pg_stat_activity where pid = pg_backend_pid()';

/**
 * A role sees the activity of its own backends only, and may end them; that of others shows no start.
 * https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-VIEWS
 */
const FOUND = 'from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz';
const LOOK = `select state not like 'idle%' as active, state_change::text as since ${FOUND}`;
const END = `select pg_terminate_backend(pid) ${FOUND}`;

const TIMEOUT_MS = 2_000;
/** In which an answer arrives that was on its way. */
const MOMENT_MS = 500;

interface Activity {
  readonly active: boolean;
  readonly since: string;
}

/**
 * Whether the server still works on what a connection waits for, asked on another connection: `active`; `over`, when the backend is gone
 * or has been idle for a moment, so that no answer will come any more; `unknown`, when the server cannot be asked.
 *
 * A backend that is idle does not know that its client has lost it: it is ended, as its transaction may hold locks.
 *
 * @param waits whether the answer is still missing
 */
export async function livenessOf(
  url: string,
  { pid, started }: Backend,
  waits: () => boolean,
): Promise<'active' | 'over' | 'unknown'> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  // Without a listener a connection that breaks between two statements ends the process; the next statement fails anyway.
  client.on('error', () => undefined);
  const look = async () => (await client.query<Activity>(LOOK, [pid, started])).rows[0];
  try {
    await client.connect();
    const first = await look();
    if (first === undefined) return 'over';
    if (first.active) return 'active';
    await sleep(MOMENT_MS);
    const second = await look();
    if (second === undefined) return 'over';
    if (second.active || second.since !== first.since || !waits()) return 'active';
    await client.query(END, [pid, started]);
    return 'over';
  } catch {
    return 'unknown';
  } finally {
    // Not awaited: a peer that is gone never says goodbye.
    void client.end().catch(() => undefined);
  }
}
