import { arrayLiteral } from '@quickstep/shared/db';
import type { DataSource, EntityManager } from 'typeorm';
import type { ArchivedEvent } from './archived-event.js';
import { type FeedLine, isReadable, type ReadableLine, type UnreadableLine } from './feed-page.js';
import { createPartitions, monthOf } from './partitions.js';
import { RecentEvents } from './recent-events.js';

/** Any number will do, as long as it is always the same. */
const WRITERS = 7_061_801;

/**
 * Positions are taken for the whole page. Bodies come as one text, which is only cut: an array of them is escaped here and unescaped there, for
 * a quarter of the time that it takes to store them.
 */
const APPEND = `
  with taken as (select setval('archive_position', nextval('archive_position') + $9::bigint - 1) - $9 as before),
  stored as (
    insert into archive (position, id, service, type, subject, correlation_id, causation_id, time, event)
    select before + place, id, $1, type, subject, correlation_id, causation_id, time, event
    from taken, rows from (unnest($2::uuid[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), unnest($6::text[]),
      unnest($7::timestamptz[]), string_to_table($8, chr(1)))
      with ordinality as page (id, type, subject, correlation_id, causation_id, time, event, place)
    on conflict do nothing returning 1)
  select before, (select count(*) from stored)::int as stored from taken`;

const KEEP_UNREADABLE = `
  insert into archive_unreadable (service, cursor, reason, event)
  select $1, cursor, reason, event from unnest($2::text[], $3::text[], $4::bytea[]) as page (cursor, reason, event)
  on conflict do nothing`;

/** How far each service's log has been read: a position moves in the transaction that stores what lies before it. */
export class FeedPositions {
  readonly #dataSource: DataSource;
  readonly #recent: RecentEvents;

  /** @param recent told of every page that was stored */
  constructor(dataSource: DataSource, recent = new RecentEvents()) {
    this.#dataSource = dataSource;
    this.#recent = recent;
  }

  /** The cursor to go on from; undefined at the beginning. */
  async cursorOf(service: string): Promise<string | undefined> {
    const rows: { cursor: string | null }[] = await this.#dataSource.query(
      'select cursor from archive_feeds where service = $1',
      [service],
    );
    return rows[0]?.cursor ?? undefined;
  }

  /**
   * Stores the page that was read after a cursor. Of replicas that read the same page one stores it.
   *
   * @returns the cursor to go on from, whoever stored what is before it
   */
  async store(service: string, after: string | undefined, lines: readonly FeedLine[]): Promise<string | undefined> {
    const { cursor, archived } = await this.#dataSource.transaction((manager) => storePage(manager, service, after, lines));
    this.#recent.add(archived);
    return cursor;
  }
}

interface Stored {
  readonly cursor: string | undefined;
  readonly archived: readonly ArchivedEvent[];
}

async function storePage(
  manager: EntityManager,
  service: string,
  after: string | undefined,
  lines: readonly FeedLine[],
): Promise<Stored> {
  await manager.query('insert into archive_feeds (service) values ($1) on conflict do nothing', [service]);
  const [locked]: { cursor: string | null }[] = await manager.query(
    'select cursor from archive_feeds where service = $1 for update',
    [service],
  );
  const current = locked?.cursor ?? undefined;
  const last = lines.at(-1);
  if (current !== after || last === undefined) return { cursor: current, archived: [] };
  const readable = lines.filter(isReadable);
  const archived = readable.length === 0 ? [] : await append(manager, service, readable);
  const unreadable = lines.filter((line): line is UnreadableLine => !isReadable(line));
  if (unreadable.length > 0) await keep(manager, service, unreadable);
  await manager.query('update archive_feeds set cursor = $2, events = events + $3, updated_at = now() where service = $1', [
    service,
    last.cursor,
    readable.length,
  ]);
  return { cursor: last.cursor, archived };
}

/**
 * One writer at a time: positions are then committed in their order, and a reader who has seen one has seen all below it. The lock is
 * given back when the transaction ends, after what it wrote can be seen.
 *
 * @returns what was stored; nothing when some of it was there already, so that it is not known at which positions
 */
async function append(manager: EntityManager, service: string, lines: readonly ReadableLine[]): Promise<ArchivedEvent[]> {
  await manager.query('select pg_advisory_xact_lock($1)', [WRITERS]);
  await createPartitions(manager, [...new Set(lines.map(({ time }) => monthOf(time)))]);
  const column = (of: (line: ReadableLine) => unknown) => arrayLiteral(lines.map(of));
  const [taken]: { before: number; stored: number }[] = await manager.query(APPEND, [
    service,
    column(({ id }) => id),
    column(({ type }) => type),
    column(({ subject }) => subject),
    column(({ correlationId }) => correlationId),
    column(({ causationId }) => causationId),
    column(({ time }) => time),
    // No JSON holds this character unescaped (RFC 8259, section 7).
    lines.map(({ body }) => body).join('\u0001'),
    lines.length,
  ]);
  if (taken?.stored !== lines.length) return [];
  return lines.map(({ event, body }, index) => ({ position: taken.before + index + 1, service, event, body }));
}

async function keep(manager: EntityManager, service: string, lines: readonly UnreadableLine[]): Promise<void> {
  await manager.query(KEEP_UNREADABLE, [
    service,
    lines.map(({ cursor }) => cursor),
    lines.map(({ reason }) => reason),
    lines.map(({ bytes }) => bytes),
  ]);
}
