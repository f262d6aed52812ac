import type { DataSource } from 'typeorm';
import { type ArchivedEvent, type ArchiveFilter, archived, type StoredEvent } from './archived-event.js';
import type { RecentEvents } from './recent-events.js';

const PAGE_BYTES = 4_000_000;
/** Of one order or saga, at most: far more than any has. */
const RELATED_LIMIT = 10_000;

/** What the filter says, as a condition; values are numbered from the first that is free. */
function conditionsOf(filter: ArchiveFilter, values: unknown[]): string[] {
  const { types, subject, subjects, correlationId, service, from, until } = filter;
  const conditions: string[] = [];
  const add = (condition: (value: string) => string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  add((value) => `type = any(${value}::text[])`, types);
  add((value) => `subject = ${value}`, subject);
  add((value) => `subject = any(${value}::text[])`, subjects);
  // A saga that is named like the event's subject, as nearly all are, is found by that index; it stands in the column of old events only.
  add(
    (value) =>
      `((correlation_id = ${value} and correlation_id <> subject) or (subject = ${value} and coalesce(correlation_id, subject) = subject))`,
    correlationId,
  );
  add((value) => `service = ${value}`, service);
  add((value) => `time >= ${value}::timestamptz`, from);
  add((value) => `time < ${value}::timestamptz`, until);
  return conditions;
}

/** What comes next to somebody who follows the archive. */
export interface NextEvents {
  readonly events: readonly ArchivedEvent[];
  /** Everything up to here has been given, or is of other types. */
  readonly position: number;
  /** There may be more already. */
  readonly more: boolean;
}

/** Events in an order, and whether there are more of them. */
export interface EventPage {
  readonly events: readonly ArchivedEvent[];
  readonly more: boolean;
}

/** Reads the archive: every event of every service. */
export class Archive {
  readonly #dataSource: DataSource;
  readonly #recent: RecentEvents | undefined;

  /** @param recent spares those who follow the archive the way to the database */
  constructor(dataSource: DataSource, recent?: RecentEvents) {
    this.#dataSource = dataSource;
    this.#recent = recent;
  }

  /**
   * What follows a position, of these types: all of it when it has just been stored by this process, otherwise at most `limit`.
   *
   * @param end the archive's last position, or one before it
   */
  async next(
    after: number,
    { types, limit, end }: { types: readonly string[]; limit: number; end: number },
  ): Promise<NextEvents> {
    const recent = this.#recent?.after(after);
    if (recent !== undefined) {
      const wanted = new Set(types);
      const events = recent.filter(({ event }) => wanted.has(event.type));
      return { events, position: recent.at(-1)?.position ?? after, more: false };
    }
    const events = await this.read(after, limit, { types });
    return { events, position: events.at(-1)?.position ?? Math.max(end, after), more: events.length > 0 };
  }

  /** At most `limit` events after a position, in the order of arrival. Nothing ever appears behind such a reader. */
  async read(afterPosition: number, limit: number, filter: ArchiveFilter = {}): Promise<readonly ArchivedEvent[]> {
    return (await this.#select(filter, { condition: 'position > ', than: afterPosition, order: 'asc', limit })).events;
  }

  /** At most `limit` events, latest arrival first. @param before the position of the last event of the page before */
  page(filter: ArchiveFilter, limit: number, before?: number): Promise<EventPage> {
    return this.#select(filter, { condition: 'position < ', than: before, order: 'desc', limit });
  }

  /** Undefined when there is none of this id. */
  async find(id: string): Promise<ArchivedEvent | undefined> {
    const rows: StoredEvent[] = await this.#dataSource.query(
      'select position, service, event as body from archive where id = $1 limit 1',
      [id],
    );
    return rows.map(archived)[0];
  }

  /** Everything about one subject, in the order of arrival. */
  about(subject: string): Promise<readonly ArchivedEvent[]> {
    return this.read(0, RELATED_LIMIT, { subject });
  }

  /** Everything about many subjects, in the order of arrival. */
  async aboutAny(subjects: readonly string[]): Promise<ArchivedEvent[]> {
    const all: ArchivedEvent[] = [];
    for (let after = 0; ; ) {
      const page = await this.read(after, RELATED_LIMIT, { subjects });
      const last = page.at(-1);
      if (last === undefined) return all;
      all.push(...page);
      after = last.position;
    }
  }

  /** Everything of one saga, in the order of arrival. */
  ofSaga(correlationId: string): Promise<readonly ArchivedEvent[]> {
    return this.read(0, RELATED_LIMIT, { correlationId });
  }

  /** The position of the latest event; 0 when there is none. */
  async end(): Promise<number> {
    const [row]: { end: number }[] = await this.#dataSource.query('select coalesce(max(position), 0) as "end" from archive');
    return row?.end ?? 0;
  }

  /** Fewer than the limit when they are large: one more is looked for, to tell whether there are more. */
  async #select(filter: ArchiveFilter, page: Page): Promise<EventPage> {
    const values: unknown[] = [];
    const conditions = conditionsOf(filter, values);
    if (page.than !== undefined) {
      values.push(page.than);
      conditions.push(`${page.condition} $${values.length}`);
    }
    values.push(page.limit + 1);
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
    const rows: (StoredEvent & { readonly found: number })[] = await this.#dataSource.query(
      `select position, service, event as body, found from (
         select position, service, event, (count(*) over ())::int as found, sum(octet_length(event)) over (order by position ${page.order}) - octet_length(event) as bytes_before
         from (select position, service, event from archive ${where} order by position ${page.order} limit $${values.length}) as page
       ) as measured where bytes_before < ${PAGE_BYTES} order by position ${page.order}`,
      values,
    );
    const events = rows.slice(0, page.limit).map(archived);
    return { events, more: (rows[0]?.found ?? 0) > events.length };
  }
}

interface Page {
  readonly condition: 'position > ' | 'position < ';
  readonly than: number | undefined;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}
