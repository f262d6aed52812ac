import type { DataSource } from 'typeorm';

/** A place in a log: everything up to it has been read. */
export interface LogPosition {
  /** 64 bits, hence text. */
  readonly transaction: string;
  readonly position: string;
}

export interface LogEntry extends LogPosition {
  readonly type: string;
  /** The event as it stood on the wire. */
  readonly body: string;
}

/** What a reader wants of a log; everything when nothing is said. */
export interface LogFilter {
  readonly types?: readonly string[];
  /** Events of this time and later. */
  readonly since?: Date;
  /**
   * Only what is of transactions before this one, whether or not older ones still run. For a reader to whom what is committed
   * later comes another way.
   */
  readonly before?: string;
}

export const LOG_BEGINNING: LogPosition = { transaction: '0', position: '0' };

/** Decimal digits of a 64-bit number. */
const CURSOR = /^(\d{1,20})\.(\d{1,19})$/;
const LARGEST = { transaction: 2n ** 64n, position: 2n ** 63n };

/** The place that a cursor names, of `logCursorOf` or `lines`; undefined when none has given it out, as far as its shape tells. */
export function logPositionOf(cursor: string): LogPosition | undefined {
  const [, transaction = '', position = ''] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const possible = transaction !== '' && BigInt(transaction) < LARGEST.transaction && BigInt(position) < LARGEST.position;
  return possible ? { transaction, position } : undefined;
}

/** The cursor that names a place: base64url of `<transaction>.<position>`. */
export const logCursorOf = ({ transaction, position }: LogPosition) =>
  Buffer.from(`${transaction}.${position}`).toString('base64url');

/** Of the events of one page, about: a page that ends sooner may not be the last. */
export const LOG_PAGE_BYTES = 4_000_000;

/**
 * Transactions get their ids in one order and commit in another. What is below the oldest one that still runs cannot change any more;
 * whatever is above it waits, so that nothing that is committed late is passed by
 * (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT).
 */
const PAGE = `
  (select transaction_id, position, type, event,
    sum(octet_length(event)) over (order by transaction_id, position rows unbounded preceding) - octet_length(event) as bytes_before
  from event_log
  where (transaction_id, position) > ($1::xid8, $2::bigint) and transaction_id < coalesce($6::xid8, pg_snapshot_xmin(pg_current_snapshot()))
    and ($4::text[] is null or type = any($4)) and ($5::timestamptz is null or time >= $5)
  order by transaction_id, position limit $3) as page
  where bytes_before < ${LOG_PAGE_BYTES}`;

/** The columns to sort by are qualified: ORDER BY takes a bare name for that of a result, here a position as text, by which 10 comes before 9. */
const ENTRIES = `
  select transaction_id::text as transaction, position::text as position, type, event as body from ${PAGE}
  order by page.transaction_id, page.position`;

/**
 * A page as JSON lines, made on the server: to take a thousand rows apart and write them anew costs a service more than the server.
 * No character of a position gives one in which base64 and base64url differ.
 */
const LINES = `
  select string_agg('{"cursor":"' || rtrim(encode(convert_to(transaction_id || '.' || position, 'UTF8'), 'base64'), '=') || '","event":'
    || event || '}' || chr(10), '' order by transaction_id, position) as lines from ${PAGE}`;

const FIRST_SINCE = `
  with recent as materialized (select transaction_id from event_log where time >= $1)
  select transaction_id::text as transaction from recent order by transaction_id limit 1`;

/** Reads a service's log of what it has emitted, in an order in which nothing ever appears behind a reader. */
export class PgEventLog {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** At most `limit` entries after a position. */
  read(after: LogPosition, limit: number, filter?: LogFilter): Promise<readonly LogEntry[]> {
    return this.#page(ENTRIES, after, limit, filter);
  }

  /**
   * At most `limit` entries after a position, as lines of `{"cursor":"...","event":...}` with the event's own text; empty when there are none.
   * A cursor is base64url of `<transaction>.<position>`.
   */
  async lines(after: LogPosition, limit: number): Promise<string> {
    const [row] = await this.#page<{ lines: string | null }>(LINES, after, limit);
    return row?.lines ?? '';
  }

  #page<R>(query: string, after: LogPosition, limit: number, { types, since, before }: LogFilter = {}): Promise<R[]> {
    return this.#dataSource.query(query, [
      after.transaction,
      after.position,
      limit,
      types ?? null,
      since ?? null,
      before ?? null,
    ]);
  }

  /** The first transaction that has not begun yet: whatever is committed now is before it. */
  async end(): Promise<string> {
    const [row]: { end: string }[] = await this.#dataSource.query('select pg_snapshot_xmax(pg_current_snapshot())::text as end');
    return row?.end ?? '0';
  }

  /** Where to begin in order to meet every event of this time and later. */
  async positionBefore(time: Date): Promise<LogPosition> {
    const [first]: { transaction: string }[] = await this.#dataSource.query(FIRST_SINCE, [time]);
    // Of nothing so young yet, everything that is to come: from the beginning, as the filter by time leaves nothing of what there is.
    return first === undefined ? LOG_BEGINNING : { transaction: first.transaction, position: '0' };
  }
}
