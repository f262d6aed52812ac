import type { DataSource } from 'typeorm';

/** Of one event to one service: who does not handle it then does not want it. */
const TIMES = 3;
/** Longer than a message waits for another attempt. */
const APART = '1 hour';

/** What was sent to a service again as it had never got it. A row that a service has answered goes at the next look. */
export class ResentEvents {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Those that may be sent: neither does an operator see to them, nor were they sent lately or too often. */
  async sendable(service: string, events: readonly string[]): Promise<ReadonlySet<string>> {
    const rows: { id: string }[] = await this.#dataSource.query(
      `select wanted.id from unnest($2::uuid[]) as wanted (id)
      where not exists (select from dead_letters as letter where letter.event_id = wanted.id and letter.service = $1)
        and not exists (select from dead_letters as letter where letter.event_ids @> array[wanted.id] and letter.service = $1)
        and not exists (select from resent_events as sent where sent.service = $1 and sent.event_id = wanted.id
          and (times >= ${TIMES} or sent_at > now() - interval '${APART}'))`,
      [service, events],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Those that are to be looked at again, the oldest first. */
  async due(service: string, limit: number): Promise<string[]> {
    const rows: { id: string }[] = await this.#dataSource.query(
      `select event_id as id from resent_events
      where service = $1 and times < ${TIMES} and sent_at <= now() - interval '${APART}' order by sent_at limit $2`,
      [service, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Before they are sent: of several replicas that find the same event one does. @returns those that the caller is to send */
  async claim(service: string, events: readonly string[]): Promise<ReadonlySet<string>> {
    // In one order: two that claim the same events must not wait for each other.
    const rows: { id: string }[] = await this.#dataSource.query(
      `insert into resent_events as sent (service, event_id) select $1, id from unnest($2::uuid[]) as claimed (id) order by id
      on conflict (service, event_id) do update set times = sent.times + 1, sent_at = now()
        where sent.times < ${TIMES} and sent.sent_at <= now() - interval '${APART}'
      returning event_id as id`,
      [service, events],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** They could not be sent: the next look does. */
  async unclaim(service: string, events: readonly string[]): Promise<void> {
    if (events.length === 0) return;
    await this.#dataSource.query(
      `update resent_events set times = times - 1, sent_at = sent_at - interval '${APART}'
      where service = $1 and event_id = any($2::uuid[])`,
      [service, events],
    );
  }

  /** But for what another replica has just sent. */
  async forget(service: string, events: readonly string[]): Promise<void> {
    await this.#dataSource.query(
      `delete from resent_events
      where service = $1 and event_id = any($2::uuid[]) and sent_at <= now() - interval '${APART}'`,
      [service, events],
    );
  }
}
