import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/** Months for which partitions are made: this one and so many after it. */
const AHEAD = 2;
/** Any number will do, as long as it is always the same: replicas must not make the same partition at once. */
const LOCK = 7_061_727;

type Runner = Pick<QueryRunner | EntityManager, 'query'>;

/** The database's own month, so that all replicas mean the same. */
const MONTHS = `
  select to_char(month, 'YYYY_MM') as name, to_char(month, 'YYYY-MM-DD') as since, to_char(month + interval '1 month', 'YYYY-MM-DD') as until
  from generate_series(0, ${AHEAD}) as ahead,
    lateral (select date_trunc('month', now() at time zone 'utc') + ahead * interval '1 month' as month) as m
  where to_regclass('event_log_' || to_char(month, 'YYYY_MM')) is null`;

/** Makes the partitions of this month and the next ones that are missing, each of one month (UTC). */
export async function createPartitions(runner: Runner): Promise<void> {
  const missing: { name: string; since: string; until: string }[] = await runner.query(MONTHS);
  for (const { name, since, until } of missing) {
    const bounds = `from ('${since} 00:00+00') to ('${until} 00:00+00')`;
    await runner.query(`create table event_log_${name} partition of event_log for values ${bounds}`);
  }
}

/**
 * Partitions of which everything is older than so many days and with the broker. An entry of the outbox points at events that are
 * not: while there is one as old as a partition, the partition stays.
 */
const FORGOTTEN = `
  select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
  where inhparent = 'event_log'::regclass and relname ~ '^event_log_[0-9]{4}_[0-9]{2}$'
    and to_date(substr(relname, 11), 'YYYY_MM') + interval '1 month' < now() at time zone 'utc' - $1::integer * interval '1 day'
    and not exists (select from outbox
      where created_at at time zone 'utc' < to_date(substr(relname, 11), 'YYYY_MM') + interval '1 month 1 day')`;

/**
 * Keeps the log's partitions: makes those that are missing, and drops those of which all is older than so many days (0 keeps all).
 * Resolves to the names of the dropped ones.
 */
export async function keepPartitions(dataSource: DataSource, days: number): Promise<readonly string[]> {
  return dataSource.transaction(async (manager) => {
    // Who writes to the log waits for what follows: a wait for its locks must not hold up everybody for long.
    await manager.query("set local lock_timeout = '1500ms'");
    await manager.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await createPartitions(manager);
    if (days === 0) return [];
    const forgotten: { name: string }[] = await manager.query(FORGOTTEN, [days]);
    for (const { name } of forgotten) await manager.query(`drop table ${name}`);
    return forgotten.map(({ name }) => name);
  });
}
