import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of `tables.ts`, and `analytics_progress`: how far the archive has been analysed, by which declarations. */
export class Analytics1760000000003 implements MigrationInterface {
  readonly name = 'Analytics1760000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table analytics_windows (
        id text primary key,
        name text not null,
        key text not null,
        starts_at timestamptz,
        ends_at timestamptz,
        count bigint not null,
        sum bigint not null,
        least bigint not null,
        most bigint not null,
        corrections integer not null
      ) with (fillfactor = 80)`);
    await runner.query('create index analytics_windows_by_end on analytics_windows using brin (ends_at)');
    await runner.query('create index analytics_windows_by_start on analytics_windows (name, starts_at, key)');
    await runner.query('create table analytics_joins (subject text primary key, joined jsonb not null, changed_at timestamptz)');
    await runner.query('create index analytics_joins_by_change on analytics_joins using brin (changed_at)');
    await runner.query('create table analytics_patterns (id text primary key, state jsonb not null, changed_at timestamptz)');
    await runner.query('create index analytics_patterns_by_change on analytics_patterns using brin (changed_at)');
    await runner.query(`
      create table analytics_totals (
        name text primary key,
        counted bigint not null,
        corrections bigint not null,
        too_late bigint not null
      )`);
    await runner.query('create table analytics_sources (service text primary key, reached_at timestamptz)');
    await runner.query(`
      create table analytics_alerts (
        id text primary key,
        pattern text not null,
        key text not null,
        detail text not null,
        event_id text not null,
        happened_at timestamptz,
        raise_at timestamptz,
        raised_at timestamptz
      )`);
    await runner.query('create index analytics_alerts_by_raise on analytics_alerts (raise_at) where raise_at is not null');
    await runner.query('create index analytics_alerts_by_time on analytics_alerts (happened_at, id)');
    await runner.query(`
      create table analytics_progress (
        one boolean primary key default true check (one),
        version text not null,
        position bigint not null,
        silent_until bigint not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table analytics_progress, analytics_alerts, analytics_sources, analytics_totals, analytics_patterns,
      analytics_joins, analytics_windows`);
  }
}
