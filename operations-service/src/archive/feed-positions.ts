import { arrayLiteral } from '@quickstep/shared/db';
import type { DataSource, EntityManager } from 'typeorm';
import { type FeedLine, isReadable, type ReadableLine, type UnreadableLine } from './feed-page.js';
import { createPartitions, monthOf } from './partitions.js';

/** Any number will do, as long as it is always the same. */
const WRITERS = 7_061_801;

const APPEND = `
  insert into archive (id, service, type, subject, correlation_id, causation_id, time, event)
  select id, $1, type, subject, correlation_id, causation_id, time, event
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[])
    with ordinality as page (id, type, subject, correlation_id, causation_id, time, event, place)
  order by place
  on conflict do nothing`;

const KEEP_UNREADABLE = `
  insert into archive_unreadable (service, cursor, reason, event)
  select $1, cursor, reason, event from unnest($2::text[], $3::text[], $4::bytea[]) as page (cursor, reason, event)
  on conflict do nothing`;

/** How far each service's log has been read: a position moves in the transaction that stores what lies before it. */
export class FeedPositions {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
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
  store(service: string, after: string | undefined, lines: readonly FeedLine[]): Promise<string | undefined> {
    return this.#dataSource.transaction(async (manager) => {
      await manager.query('insert into archive_feeds (service) values ($1) on conflict do nothing', [service]);
      const [locked]: { cursor: string | null }[] = await manager.query(
        'select cursor from archive_feeds where service = $1 for update',
        [service],
      );
      const current = locked?.cursor ?? undefined;
      const last = lines.at(-1);
      if (current !== after || last === undefined) return current;
      const readable = lines.filter(isReadable);
      if (readable.length > 0) await append(manager, service, readable);
      const unreadable = lines.filter((line): line is UnreadableLine => !isReadable(line));
      if (unreadable.length > 0) await keep(manager, service, unreadable);
      await manager.query('update archive_feeds set cursor = $2, events = events + $3, updated_at = now() where service = $1', [
        service,
        last.cursor,
        readable.length,
      ]);
      return last.cursor;
    });
  }
}

/**
 * One writer at a time: positions are then committed in their order, and a reader who has seen one has seen all below it. The lock is
 * given back when the transaction ends, after what it wrote can be seen.
 */
async function append(manager: EntityManager, service: string, lines: readonly ReadableLine[]): Promise<void> {
  await manager.query('select pg_advisory_xact_lock($1)', [WRITERS]);
  await createPartitions(manager, [...new Set(lines.map(({ time }) => monthOf(time)))]);
  const column = (of: (line: ReadableLine) => unknown) => arrayLiteral(lines.map(of));
  await manager.query(APPEND, [
    service,
    column(({ id }) => id),
    column(({ type }) => type),
    column(({ subject }) => subject),
    column(({ correlationId }) => correlationId),
    column(({ causationId }) => causationId),
    column(({ time }) => time),
    column(({ body }) => body),
  ]);
}

async function keep(manager: EntityManager, service: string, lines: readonly UnreadableLine[]): Promise<void> {
  await manager.query(KEEP_UNREADABLE, [
    service,
    lines.map(({ cursor }) => cursor),
    lines.map(({ reason }) => reason),
    lines.map(({ bytes }) => bytes),
  ]);
}
