import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The kit's own tables, in the database of every service. List it before the service's own migrations.
 *
 * `inbox`: which step has handled which event. `event_log`: what the service has emitted, only ever appended to, and forgotten by the
 * month. Positions follow the order in which events were written, but transactions commit in another: readers go by (transaction,
 * position). `outbox`: what is committed and not yet known to be with the broker; a row stands for the events of one transaction, or,
 * with `remaining`, for some of them. It is written by a batch and deleted by one of the next, thousands of times a minute, so that
 * dead rows, not growth, are what autovacuum must look at.
 */
export class KitTables1760000000000 implements MigrationInterface {
  readonly name = 'KitTables1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table inbox (
        event_id uuid,
        step text,
        handled_at timestamptz not null default now(),
        primary key (event_id, step)
      )`);
    // Rows come in order of time: a summary of each range of pages finds the old ones, and costs next to nothing to keep.
    await runner.query('create index inbox_by_time on inbox using brin (handled_at)');
    await this.#createLog(runner);
    await runner.query(`
      create table outbox (
        id uuid primary key,
        transaction_id xid8 not null default pg_current_xact_id(),
        bytes integer not null,
        remaining uuid[],
        created_at timestamptz not null default now(),
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now()
      ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000
      )`);
    await runner.query('create index outbox_by_next_attempt on outbox (next_attempt_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table if exists outbox, event_log, inbox');
    await runner.query('drop sequence if exists event_log_position');
  }

  async #createLog(runner: QueryRunner): Promise<void> {
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
    await runner.query('create index event_log_by_time on event_log using brin (time)');
    // Those of the months come with `KeepPartitions`. This one is for events whose time is in no month that there is a partition for: a log must take whatever is committed.
    await runner.query('create table event_log_default partition of event_log default');
  }
}
