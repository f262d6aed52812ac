import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The kit's own tables, in the database of every service. List it before the service's own migrations.
 *
 * `inbox`: which step has handled which event. `outbox`: what is committed and not yet known to be with the broker; a row is
 * written by a batch and deleted by one of the next, thousands of times a minute, so that dead rows, not growth, are what
 * autovacuum must look at. `event_history`: every event consumed or emitted, as it stood on the wire, for services with `history`.
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
    await runner.query(`
      create table outbox (
        id uuid primary key,
        events text not null,
        created_at timestamptz not null default now(),
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now()
      ) with (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000,
        toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 1000
      )`);
    // A batch's events are large and short-lived: compressing them costs more than writing them.
    await runner.query('alter table outbox alter column events set storage external');
    await runner.query('create index outbox_by_next_attempt on outbox (next_attempt_at)');
    await runner.query(`
      create table event_history (
        subject text,
        event_id uuid,
        type text not null,
        time timestamptz not null,
        event text not null,
        primary key (subject, event_id)
      )`);
    await runner.query('create index event_history_by_time on event_history using brin (time)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table if exists event_history, outbox, inbox');
  }
}
