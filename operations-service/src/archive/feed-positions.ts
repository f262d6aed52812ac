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
 * given back when the transaction ends, after what it wrote can be seen. Positions are taken for the whole page, behind the lock, if it is
 * the page that comes next.
 */
const TAKE = `
  with feed as materialized (select cursor from archive_feeds where service = $1 for update),
    locked as materialized (select pg_advisory_xact_lock($2) from feed where cursor is not distinct from $3 and $4 > 0)
  select cursor, (select setval('archive_position', nextval('archive_position') + $4::bigint - 1) - $4 from locked) as before from feed`;

const MOVE = 'update archive_feeds set cursor = $2, events = events + $3, updated_at = now() where service = $1';

/**
 * Bodies come as one text, which is only cut: an array of them is escaped here and unescaped there, for a quarter of the time that it takes
 * to store them.
 */
const APPEND = `
  with moved as (${MOVE})
  insert into archive (position, id, service, type, subject, correlation_id, time, event)
  select $4::bigint + place, id, $1, type, subject, correlation_id, time, event
  from rows from (unnest($5::uuid[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), unnest($9::timestamptz[]),
    string_to_table($10, chr(1))) with ordinality as page (id, type, subject, correlation_id, time, event, place)`;

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
  /** Of which there is a partition. One may be dropped by hand: after a failure they are looked for again. */
  readonly #months = new Set<string>();

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
      this.#months.clear();
      // The log is read again from where it has been read before.
      if (translate(error) instanceof Conflict) return this.#store({ ...page, statement: APPEND_WHAT_IS_MISSING });
      throw error;
    });
    this.#recent.add(stored.archived);
    return stored.cursor;
  }

  async #store(page: Page): Promise<Stored> {
    const months = new Set(page.lines.filter(isReadable).map(({ time }) => monthOf(time)));
    const missing = [...months].filter((month) => !this.#months.has(month));
    const stored = await this.#dataSource.transaction((manager) => storePage(manager, page, missing));
    // Otherwise another process stores it, if any does.
    if (stored.cursor === page.lines.at(-1)?.cursor) for (const month of months) this.#months.add(month);
    return stored;
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

interface Taken {
  readonly cursor: string | null;
  /** The position before that of the first event; null when none were taken. */
  readonly before: number | null;
}

async function take(manager: EntityManager, { service, after }: Page, events: number): Promise<Taken> {
  const values = [service, WRITERS, after ?? null, events];
  const [taken]: Taken[] = await manager.query(TAKE, values);
  if (taken !== undefined) return taken;
  await manager.query('insert into archive_feeds (service) values ($1) on conflict do nothing', [service]);
  const [first]: Taken[] = await manager.query(TAKE, values);
  return first ?? { cursor: null, before: null };
}

/** @param missing months that may have no partition yet */
async function storePage(manager: EntityManager, page: Page, missing: readonly string[]): Promise<Stored> {
  const { service, after, lines, statement } = page;
  const readable = lines.filter(isReadable);
  const { cursor, before } = await take(manager, page, readable.length);
  const current = cursor ?? undefined;
  const last = lines.at(-1);
  if (current !== after || last === undefined) return { cursor: current, archived: [] };
  const unreadable = lines.filter((line): line is UnreadableLine => !isReadable(line));
  if (unreadable.length > 0) await keep(manager, service, unreadable);
  const move = [service, last.cursor, readable.length];
  if (before === null) {
    await manager.query(MOVE, move);
    return { cursor: last.cursor, archived: [] };
  }
  if (missing.length > 0) await createPartitions(manager, missing);
  await manager.query(statement, [...move, before, ...columnsOf(readable)]);
  if (statement !== APPEND) return { cursor: last.cursor, archived: [] };
  const archived = readable.map(({ event, body }, index) => ({ position: before + index + 1, service, event, body }));
  return { cursor: last.cursor, archived };
}

function columnsOf(lines: readonly ReadableLine[]): string[] {
  const column = (of: (line: ReadableLine) => unknown) => arrayLiteral(lines.map(of));
  return [
    column(({ id }) => id),
    column(({ type }) => type),
    column(({ subject }) => subject),
    column(({ correlationId, subject }) => (correlationId === subject ? null : correlationId)),
    column(({ time }) => time),
    // No JSON holds this character unescaped (RFC 8259, section 7).
    lines.map(({ body }) => body).join('\u0001'),
  ];
}

async function keep(manager: EntityManager, service: string, lines: readonly UnreadableLine[]): Promise<void> {
  await manager.query(KEEP_UNREADABLE, [
    service,
    lines.map(({ cursor }) => cursor),
    lines.map(({ reason }) => reason),
    lines.map(({ bytes }) => bytes),
  ]);
}
