import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';

/** Months for which partitions are made: this one and so many after it. */
const AHEAD = 2;
/** Any number will do, as long as it is always the same: replicas must not make the same partition at once. */
const LOCK = 7_061_727;

/**
 * Partitions of which everything is older than so many days and with the broker. An entry of the outbox points at events that are
 * not: while there is one as old as a partition, the partition stays.
 */
const FORGOTTEN = `
  select relname from pg_inherits join pg_class on pg_class.oid = inhrelid
  where inhparent = 'event_log'::regclass and relname ~ '^event_log_[0-9]{4}_[0-9]{2}$'
    and to_date(substr(relname, 11), 'YYYY_MM') + interval '1 month' < now() at time zone 'utc' - days * interval '1 day'
    and not exists (select from outbox
      where created_at at time zone 'utc' < to_date(substr(relname, 11), 'YYYY_MM') + interval '1 month 1 day')`;

/**
 * The function by which a service keeps its log's partitions although it may make and drop no tables: it runs with the rights of the role
 * that migrates. It goes by the database's own month (UTC), so that all replicas mean the same. Who writes to the log waits for its
 * locks: a wait for them must not hold up everybody for long. A fixed search path, or whoever calls it chose the tables
 * (https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY).
 */
export class KeepPartitions1760000000000 implements MigrationInterface {
  readonly name = 'KeepPartitions1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function keep_event_log_partitions(days integer) returns setof text
      language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '1500ms' as $body$
      declare
        month timestamp;
        partition text;
      begin
        perform pg_advisory_xact_lock(${LOCK});
        for ahead in 0..${AHEAD} loop
          month := date_trunc('month', now() at time zone 'utc') + ahead * interval '1 month';
          partition := 'event_log_' || to_char(month, 'YYYY_MM');
          if to_regclass(partition) is null then
            begin
              execute format('create table %I partition of event_log for values from (%L) to (%L)',
                partition, month at time zone 'utc', (month + interval '1 month') at time zone 'utc');
            exception when check_violation then
              -- Events of this month stand in the default partition already: they stay there, and the other months are made.
              raise warning 'event_log has no partition for %', to_char(month, 'YYYY-MM');
            end;
          end if;
        end loop;
        if days > 0 then
          for partition in ${FORGOTTEN} loop
            execute format('drop table %I', partition);
            return next partition;
          end loop;
        end if;
      end $body$`);
    await runner.query('revoke execute on function keep_event_log_partitions(integer) from public');
    await runner.query('select keep_event_log_partitions(0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function keep_event_log_partitions(integer)');
  }
}

/**
 * Keeps the log's partitions, each of one month: makes those of this month and the next ones that are missing, and drops those of which all
 * is older than so many days (0 keeps all). Resolves to the names of the dropped ones.
 */
export async function keepPartitions(dataSource: DataSource, days: number): Promise<readonly string[]> {
  const dropped: { name: string }[] = await dataSource.query('select keep_event_log_partitions($1) as name', [days]);
  return dropped.map(({ name }) => name);
}
