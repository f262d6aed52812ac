import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createPartitions } from './event-log-partitions.js';

/**
 * The log of what the service emits, and an outbox of pointers into it.
 *
 * `event_log` is only ever appended to, and forgotten by the month. Positions follow the order in which events were written, but
 * transactions commit in another: readers go by (transaction, position). `outbox`: what is committed and not yet known to be with the
 * broker; a row stands for the events of one transaction, or, with `remaining`, for some of them.
 */
export class EventLog1765000000000 implements MigrationInterface {
  readonly name = 'EventLog1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create sequence event_log_position');
    await runner.query(`
      create table event_log (
        position bigint not null default nextval('event_log_position'),
        transaction_id xid8 not null default pg_current_xact_id(),
        event_id uuid not null,
        type text not null,
        subject text not null,
        correlation_id text not null,
        time timestamptz not null,
        final boolean not null,
        event text not null
      ) partition by range (time)`);
    await runner.query('create index event_log_in_order on event_log (transaction_id, position)');
    // Rows come in order of time: a summary of each range of pages finds a time, and costs next to nothing to keep.
    await runner.query('create index event_log_by_time on event_log using brin (time)');
    // For events whose time is in no month that there is a partition for: a log must take whatever is committed.
    await runner.query('create table event_log_default partition of event_log default');
    await createPartitions(runner);
    await runner.query(`
      alter table outbox
        add column transaction_id xid8 not null default pg_current_xact_id(),
        add column bytes integer not null default 0,
        add column remaining uuid[]`);
    await this.#moveEntries(runner);
    await runner.query('alter table outbox drop column events');
    await runner.query('do $$ begin if not exists (select from event_history) then drop table event_history; end if; end $$');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox drop column remaining, drop column bytes, drop column transaction_id');
    await runner.query("alter table outbox add column events text not null default ''");
    await runner.query('drop table event_log');
    await runner.query('drop sequence event_log_position');
  }

  /** Earlier versions kept the events in the outbox, one a line, after `final` or `mandatory`. */
  async #moveEntries(runner: QueryRunner): Promise<void> {
    await runner.query(`
      with lines as (
        select id, line, ordinal, substr(line, strpos(line, ' ') + 1) as body
        from outbox, string_to_table(events, E'\\n') with ordinality as l(line, ordinal)),
      logged as (
        insert into event_log (event_id, type, subject, correlation_id, time, final, event)
        select (body::json ->> 'id')::uuid, body::json ->> 'type', body::json ->> 'subject', body::json ->> 'correlationid',
          (body::json ->> 'time')::timestamptz, line like 'final %', body
        from lines order by id, ordinal)
      update outbox set bytes = octet_length(events), remaining =
        (select array_agg((body::json ->> 'id')::uuid) from lines where lines.id = outbox.id)`);
  }
}
