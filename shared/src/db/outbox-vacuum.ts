import type { DataSource } from 'typeorm';
import type { Statement } from './exchange.js';

const VACUUM: Statement = { text: 'vacuum (truncate off, skip_locked) outbox' };

/** MAINTAIN came with PostgreSQL 17; before, only the owner may vacuum. Whoever may not gets a warning that nobody sees, and no vacuum. */
const ALLOWED = `
  select case when current_setting('server_version_num')::integer >= 170000
    then has_table_privilege('outbox', 'MAINTAIN')
    else (select pg_has_role(relowner, 'USAGE') from pg_class where oid = 'outbox'::regclass) end as allowed`;

/** Whether this role may vacuum the outbox. */
export async function mayVacuum(dataSource: DataSource): Promise<boolean> {
  const [row]: { allowed: boolean }[] = await dataSource.query(ALLOWED);
  return row?.allowed === true;
}

/** Some ten megabytes. */
const EVENTS_BETWEEN = 10_000;
/** After a vacuum of a millisecond comes none for fifty: one that finds nothing it may remove must not be repeated at full speed. */
const PAUSE_FACTOR = 50;

/**
 * Makes the space of deleted outbox entries usable again as soon as it is worth it, rather than once a minute as autovacuum does: the
 * table then stays as small as what is in flight, and in memory, instead of growing by some megabytes a second under load. `truncate`
 * is off as it locks everybody out (https://www.postgresql.org/docs/current/sql-vacuum.html).
 */
export class OutboxVacuum {
  readonly #send: (statements: readonly Statement[]) => Promise<unknown>;
  #events = 0;
  #notBefore = 0;
  #running = false;

  /** @param send on a connection on which no transaction is open and nobody waits for the disk */
  constructor(send: (statements: readonly Statement[]) => Promise<unknown>) {
    this.#send = send;
  }

  /** Told of every entry that was written; returns at once. */
  written(events: number): void {
    this.#events += events;
    if (this.#running || this.#events < EVENTS_BETWEEN || performance.now() < this.#notBefore) return;
    this.#events = 0;
    this.#running = true;
    // Nothing depends on it: autovacuum does the same, only later.
    this.#vacuum().catch(() => undefined);
  }

  async #vacuum(): Promise<void> {
    const started = performance.now();
    try {
      await this.#send([VACUUM]);
    } finally {
      const ended = performance.now();
      this.#notBefore = ended + PAUSE_FACTOR * (ended - started);
      this.#running = false;
    }
  }
}
