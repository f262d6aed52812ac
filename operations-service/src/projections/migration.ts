import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `projections`: each generation of each projection, how far it has come and which one readers see. The tables of a generation are made
 * from the projection's declaration.
 */
export class Projections1760000000002 implements MigrationInterface {
  readonly name = 'Projections1760000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create sequence projection_generation as integer');
    await runner.query(`
      create table projections (
        name text not null,
        generation integer not null default nextval('projection_generation'),
        version integer not null,
        live boolean not null,
        tables text[] not null,
        position bigint not null default 0,
        events bigint not null default 0,
        begun_at timestamptz not null default now(),
        live_since timestamptz,
        primary key (name, generation)
      )`);
    await runner.query('create unique index projections_live on projections (name) where live');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table projections');
    await runner.query('drop sequence projection_generation');
  }
}
