import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `archive`: every event of every service, in the order of arrival; its months (UTC, by the event's time) are made when the first event of
 * one comes. `archive_unreadable`: what stood in a log and is no event. `archive_feeds`: how far each service's log has been read.
 */
export class Archive1760000000001 implements MigrationInterface {
  readonly name = 'Archive1760000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create sequence archive_position');
    await runner.query(`
      create table archive (
        position bigint not null default nextval('archive_position'),
        id uuid not null,
        service text not null,
        type text not null,
        subject text not null,
        correlation_id text,
        time timestamptz not null,
        event text not null,
        primary key (id, time)
      ) partition by range (time)`);
    await runner.query('create index archive_by_position on archive (position)');
    await runner.query('create index archive_by_subject on archive (subject, position)');
    // An event of a saga that is named like its subject, as nearly all are, has no correlation_id here and is found by the subject: an
    // entry in one more index is a tenth of the time that it takes to store an event.
    await runner.query(
      'create index archive_by_correlation on archive (correlation_id, position) where correlation_id <> subject',
    );
    await runner.query('create index archive_by_type on archive (type, position)');
    // Events come nearly in order of time: a summary of each range of pages costs next to nothing.
    await runner.query('create index archive_by_time on archive using brin (time)');
    await runner.query(`
      create table archive_unreadable (
        service text not null,
        cursor text not null,
        reason text not null,
        event bytea not null,
        received_at timestamptz not null default now(),
        primary key (service, cursor)
      )`);
    await runner.query(`
      create table archive_feeds (
        service text primary key,
        cursor text,
        events bigint not null default 0,
        updated_at timestamptz not null default now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table archive_feeds, archive_unreadable, archive');
    await runner.query('drop sequence archive_position');
  }
}
