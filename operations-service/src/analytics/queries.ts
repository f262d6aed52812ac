import type { DataSource } from 'typeorm';
import type { WindowResultRow } from '../db/tables.js';

/** Which windows are meant. */
export interface WindowFilter {
  readonly name: string;
  readonly from: Date | undefined;
  readonly until: Date | undefined;
  readonly key: string | undefined;
  readonly latest: boolean;
}

/** The windows of one name that begin in a span of time, in order of start and key. Every one of it can be asked for after a key. */
export function resultsOf(
  dataSource: DataSource,
  { name, from, until, key, latest }: WindowFilter,
  after: { readonly start: Date; readonly key: string } | undefined,
  limit: number,
): Promise<WindowResultRow[]> {
  const [beyond, order] = latest ? ['<', 'desc'] : ['>', 'asc'];
  return dataSource.query(
    `select id, name, key, starts_at as "startsAt", ends_at as "endsAt", count, sum, least, most, corrections from analytics_windows
     where name = $1 and ($2::timestamptz is null or starts_at >= $2) and ($3::timestamptz is null or starts_at < $3)
       and ($4::text is null or key = $4) and ($5::timestamptz is null or (starts_at, key) ${beyond} ($5, $6))
     order by starts_at ${order}, key ${order} limit $7`,
    [name, from ?? null, until ?? null, key ?? null, after?.start ?? null, after?.key ?? null, limit],
  );
}

/** By service, how far its events have been seen. */
export async function sourcesReached(dataSource: DataSource): Promise<Map<string, number>> {
  const rows: { service: string; reachedAt: Date }[] = await dataSource.query(
    'select service, reached_at as "reachedAt" from analytics_sources',
  );
  return new Map(rows.map(({ service, reachedAt }) => [service, reachedAt.getTime()]));
}

export interface TotalsRow {
  readonly counted: number;
  readonly corrections: number;
  readonly tooLate: number;
}

export async function totalsOf(dataSource: DataSource, name: string): Promise<TotalsRow> {
  const [row]: TotalsRow[] = await dataSource.query(
    'select counted, corrections, too_late as "tooLate" from analytics_totals where name = $1',
    [name],
  );
  return row ?? { counted: 0, corrections: 0, tooLate: 0 };
}

export interface AlertRow {
  readonly id: string;
  readonly pattern: string;
  readonly key: string;
  readonly detail: string;
  readonly eventId: string;
  readonly happenedAt: Date;
  readonly raisedAt: Date | null;
}

/** What the patterns have found, latest first. */
export function alertsBefore(
  dataSource: DataSource,
  before: { readonly time: Date; readonly id: string } | undefined,
  limit: number,
): Promise<AlertRow[]> {
  return dataSource.query(
    `select id, pattern, key, detail, event_id as "eventId", happened_at as "happenedAt", raised_at as "raisedAt" from analytics_alerts
     where $1::timestamptz is null or (happened_at, id) < ($1, $2) order by happened_at desc, id desc limit $3`,
    [before?.time ?? null, before?.id ?? null, limit],
  );
}

/** Whether results are being rebuilt and are not what they were yet. */
export async function isBeingRebuilt(dataSource: DataSource): Promise<boolean> {
  const [row]: { behind: boolean }[] = await dataSource.query('select position < silent_until as behind from analytics_progress');
  return row?.behind ?? true;
}
