import type { DataSource, EntityManager } from 'typeorm';
import { type Letter, storable } from '../dead-letters/letter.js';

type Queries = Pick<EntityManager, 'query'>;

export type LetterState = 'parked' | 'planned' | 'redriven' | 'discarded' | 'gone';

const COLUMNS: readonly (readonly [name: string, type: string, value: (letter: Letter) => unknown])[] = [
  ['id', 'uuid', ({ id }) => id],
  ['service', 'text', ({ service }) => storable(service)],
  ['step', 'text', ({ step }) => text(step)],
  ['outcome', 'text', ({ outcome }) => text(outcome)],
  ['type', 'text', ({ type }) => storable(type)],
  ['group_id', 'text', ({ fingerprint }) => fingerprint],
  ['error_class', 'text', ({ errorClass }) => errorClass],
  ['reason', 'text', ({ reason }) => storable(reason)],
  ['frame', 'text', ({ frame }) => text(frame)],
  ['stack', 'text', ({ stack }) => text(stack)],
  ['attempts', 'integer', ({ attempts }) => Math.min(Math.trunc(attempts), 2 ** 31 - 1)],
  ['first_failed_at', 'timestamptz', ({ firstFailedAt, parkedAt }) => timeOf(firstFailedAt ?? parkedAt)],
  ['parked_at', 'timestamptz', ({ parkedAt }) => timeOf(parkedAt)],
  ['exchange', 'text', ({ origin }) => storable(origin.exchange)],
  ['routing_key', 'text', ({ origin }) => storable(origin.routingKey)],
  ['user_id', 'text', ({ origin }) => text(origin.userId)],
  ['app_id', 'text', ({ origin }) => text(origin.appId)],
  ['message_id', 'text', ({ messageId }) => text(messageId)],
  ['correlation_id', 'text', ({ correlationId }) => text(correlationId)],
  ['content_type', 'text', ({ contentType }) => text(contentType)],
  ['event_id', 'uuid', ({ eventId }) => eventId ?? null],
  ['event_ids', 'text', ({ eventIds }) => `{${eventIds.join()}}`],
  ['subject', 'text', ({ subject }) => text(subject)],
  ['redrive', 'text', ({ redrive }) => text(redrive)],
  ['headers', 'jsonb', ({ headers }) => headers],
  ['body', 'bytea', ({ content }) => content],
];

const text = (value: string | undefined) => (value === undefined ? null : storable(value));

/** To the millisecond, as cursors have it. Whatever a header claims, PostgreSQL must be able to hold it. */
function timeOf(time: Date | undefined): string {
  const year = time?.getUTCFullYear() ?? 0;
  return (time !== undefined && year >= 1970 && year < 10_000 ? time : new Date()).toISOString();
}

const NAMES = COLUMNS.map(([name]) => name).join(', ');
/** Arrays of arrays are none in PostgreSQL: what is an array in a row comes as its text. */
const VALUES = NAMES.replace('event_ids', 'event_ids::uuid[]');
const ARRAYS = COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');

/** A message that was thought gone and is there again waits for an operator again, with the body that it was parked with. */
const BACK = "dead_letters.state = 'gone' and dead_letters.emptied_at is not null";
const SEEN = `update set seen_at = clock_timestamp(), missing_since = null, event_ids = excluded.event_ids,
  body = case when ${BACK} then excluded.body else dead_letters.body end,
  headers = case when ${BACK} then excluded.headers else dead_letters.headers end,
  edited = case when ${BACK} then null else dead_letters.edited end,
  emptied_at = case when ${BACK} then null else dead_letters.emptied_at end,
  state = case when dead_letters.state = 'gone' then 'parked' else dead_letters.state end`;

/** The index of parked messages. */
export class DeadLetterIndex {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Copies that came through the dead-letter exchange; those that are known already change nothing. */
  async add(letters: readonly Letter[]): Promise<void> {
    await this.#insert(letters, 'nothing');
  }

  /** Letters that were met in their queue. @returns the state of each */
  async seen(letters: readonly Letter[]): Promise<ReadonlyMap<string, LetterState>> {
    const rows: { id: string; state: LetterState }[] = await this.#insert(letters, SEEN);
    return new Map(rows.map(({ id, state }) => [id, state]));
  }

  async #insert(letters: readonly Letter[], onConflict: string) {
    const unique = [...new Map(letters.map((letter) => [letter.id, letter])).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    if (unique.length === 0) return [];
    return this.#dataSource.query(
      `insert into dead_letters (${NAMES}) select ${VALUES} from unnest(${ARRAYS}) as letters (${NAMES}) on conflict (id) do ${onConflict} returning id, state`,
      COLUMNS.map(([, , value]) => unique.map(value)),
    );
  }

  /** How many are said to lie in each service's queue. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const rows: { service: string; count: number }[] = await this.#dataSource.query(
      "select service, count(*)::int as count from dead_letters where state in ('parked', 'planned') group by service",
    );
    return new Map(rows.map(({ service, count }) => [service, count]));
  }

  /** How long ago the first failure of those was that still wait; 0 when none does. */
  async oldestSeconds(): Promise<number> {
    const [row]: { seconds: number }[] = await this.#dataSource.query(
      `select coalesce(extract(epoch from clock_timestamp() - min(first_failed_at)), 0)::float8 as seconds
      from dead_letters where state in ('parked', 'planned')`,
    );
    return row?.seconds ?? 0;
  }

  /** The database's time. */
  async now(): Promise<Date> {
    const [row]: { now: Date }[] = await this.#dataSource.query('select clock_timestamp() as now');
    return row?.now ?? new Date();
  }

  /**
   * What was not met in a whole pass over a queue is missing; what is missing for the second time is gone: somebody took it, purged the
   * queue or deleted it. Twice, as the management UI takes messages out for a moment to show them.
   *
   * @returns how many are gone now
   */
  async notSeen(service: string, since: Date): Promise<number> {
    const rows: { gone: boolean }[] = await this.#dataSource.query(
      `with unseen as (
        update dead_letters set missing_since = coalesce(missing_since, now()),
          state = case when missing_since is null then state else 'gone' end, changed_at = now()
        where service = $1 and state in ('parked', 'planned') and seen_at < $2 returning state)
      select state = 'gone' as gone from unseen`,
      [service, since],
    );
    return rows.filter(({ gone }) => gone).length;
  }

  /** What is known of messages without their bodies. */
  async facts(ids: readonly string[]): Promise<ReadonlyMap<string, MessageFacts>> {
    const rows: (MessageFacts & { id: string })[] = await this.#dataSource.query(
      `select id, state, emptied_at as "bodyGoneSince", octet_length(coalesce(edited, body)) as bytes
      from dead_letters where id = any($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** What is sent again, with the changes of an operator. */
  async bodies(ids: readonly string[], queries: Queries = this.#dataSource): Promise<ReadonlyMap<string, StoredMessage>> {
    const rows: (StoredMessage & { id: string })[] = await queries.query(
      `select id, service, coalesce(edited, body) as content, edited is not null as edited, exchange, routing_key as "routingKey",
        user_id as "userId", app_id as "appId", message_id as "messageId", correlation_id as "correlationId", type,
        content_type as "contentType", attempts, first_failed_at as "firstFailedAt", parked_at as "parkedAt", state,
        event_id as "eventId", emptied_at as "bodyGoneSince"
      from dead_letters where id = any($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
}

export interface MessageFacts {
  readonly state: LetterState;
  readonly bodyGoneSince: Date | null;
  readonly bytes: number;
}

export interface StoredMessage {
  readonly service: string;
  readonly content: Buffer;
  readonly edited: boolean;
  readonly exchange: string;
  readonly routingKey: string;
  readonly userId: string | null;
  readonly appId: string | null;
  readonly messageId: string | null;
  readonly correlationId: string | null;
  readonly type: string;
  readonly contentType: string | null;
  readonly attempts: number;
  readonly firstFailedAt: Date;
  readonly parkedAt: Date;
  readonly state: LetterState;
  readonly eventId: string | null;
  /** `content` is empty since then. */
  readonly bodyGoneSince: Date | null;
}
