import { arrayLiteral, translate } from '@quickstep/shared/db';
import { Conflict } from '@quickstep/shared/pipeline';
import type { DataSource, EntityManager } from 'typeorm';
import type { ArchivedEvent } from './archived-event.js';
import { type FeedLine, isReadable, type ReadableLine, type UnreadableLine } from './feed-page.js';
import { createPartitions, monthOf } from './partitions.js';
import { RecentEvents } from './recent-events.js';

/** Any number will do, as long as it is always the same. */
const WRITERS = 7_061_801;

/**
 * One writer at a time: positions are then committed in their order, and a reader who has seen one has seen all below it. The lock is
 * given back when the transaction ends, after what it wrote can be seen. Positions are taken for the whole page, behind the lock.
 */
const TAKE = `
  with locked as materialized (select pg_advisory_xact_lock($1))
  select setval('archive_position', nextval('archive_position') + $2::bigint - 1) - $2 as before from locked`;

/**
 * Bodies come as one text, which is only cut: an array of them is escaped here and unescaped there, for a quarter of the time that it takes
 * to store them.
 */
const APPEND = `
  insert into archive (position, id, service, type, subject, correlation_id, time, event)
  select $8::bigint + place, id, $1, type, subject, correlation_id, time, event
  from rows from (unnest($2::uuid[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), unnest($6::timestamptz[]),
    string_to_table($7, chr(1))) with ordinality as page (id, type, subject, correlation_id, time, event, place)`;

/** For a page of which something may be there already: it costs the server a tenth more than `APPEND`. */
const APPEND_WHAT_IS_MISSING = `${APPEND} on conflict do nothing`;

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
    const page = { service, after, lines };
    const stored = await this.#store({ ...page, statement: APPEND }).catch((error: unknown) => {
      // The log is read again from where it has been read before.
      if (translate(error) instanceof Conflict) return this.#store({ ...page, statement: APPEND_WHAT_IS_MISSING });
      throw error;
    });
    this.#recent.add(stored.archived);
    return stored.cursor;
  }

  #store(page: Page): Promise<Stored> {
    return this.#dataSource.transaction((manager) => storePage(manager, page));
  }
}

interface Page {
  readonly service: string;
  readonly after: string | undefined;
  readonly lines: readonly FeedLine[];
  readonly statement: string;
}

interface Stored {
  readonly cursor: string | undefined;
  /** What was stored; nothing when some of it may have been there, so that it is not known at which positions. */
  readonly archived: readonly ArchivedEvent[];
}

async function lock(manager: EntityManager, service: string): Promise<string | undefined> {
  const select = 'select cursor from archive_feeds where service = $1 for update';
  let rows: { cursor: string | null }[] = await manager.query(select, [service]);
  if (rows.length === 0) {
    await manager.query('insert into archive_feeds (service) values ($1) on conflict do nothing', [service]);
    rows = await manager.query(select, [service]);
  }
  return rows[0]?.cursor ?? undefined;
}

async function storePage(manager: EntityManager, page: Page): Promise<Stored> {
  const { service, after, lines, statement } = page;
  const current = await lock(manager, service);
  const last = lines.at(-1);
  if (current !== after || last === undefined) return { cursor: current, archived: [] };
  const readable = lines.filter(isReadable);
  const before = readable.length === 0 ? 0 : await append(manager, page, readable);
  const unreadable = lines.filter((line): line is UnreadableLine => !isReadable(line));
  if (unreadable.length > 0) await keep(manager, service, unreadable);
  await manager.query('update archive_feeds set cursor = $2, events = events + $3, updated_at = now() where service = $1', [
    service,
    last.cursor,
    readable.length,
  ]);
  if (statement !== APPEND) return { cursor: last.cursor, archived: [] };
  const archived = readable.map(({ event, body }, index) => ({ position: before + index + 1, service, event, body }));
  return { cursor: last.cursor, archived };
}

/** @returns the position before that of the first */
async function append(manager: EntityManager, { service, statement }: Page, lines: readonly ReadableLine[]): Promise<number> {
  const [taken]: { before: number }[] = await manager.query(TAKE, [WRITERS, lines.length]);
  const before = taken?.before ?? 0;
  await createPartitions(manager, [...new Set(lines.map(({ time }) => monthOf(time)))]);
  const column = (of: (line: ReadableLine) => unknown) => arrayLiteral(lines.map(of));
  await manager.query(statement, [
    service,
    column(({ id }) => id),
    column(({ type }) => type),
    column(({ subject }) => subject),
    column(({ correlationId, subject }) => (correlationId === subject ? null : correlationId)),
    column(({ time }) => time),
    // No JSON holds this character unescaped (RFC 8259, section 7).
    lines.map(({ body }) => body).join('\u0001'),
    before,
  ]);
  return before;
}

async function keep(manager: EntityManager, service: string, lines: readonly UnreadableLine[]): Promise<void> {
  await manager.query(KEEP_UNREADABLE, [
    service,
    lines.map(({ cursor }) => cursor),
    lines.map(({ reason }) => reason),
    lines.map(({ bytes }) => bytes),
  ]);
}
