import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of a `PgLedger`. */
export class LedgerTables1760000000000 implements MigrationInterface {
  readonly name = 'LedgerTables1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table provider_answers (
        idempotency_key text primary key,
        reference text not null,
        kind text not null,
        answer jsonb not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query('create index provider_answers_reference on provider_answers (reference)');
    await runner.query('create index provider_answers_by_time on provider_answers using brin (created_at)');
    await runner.query(`
      create table provider_attempts (
        idempotency_key text primary key,
        attempts integer not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query('create index provider_attempts_by_time on provider_attempts using brin (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table provider_attempts, provider_answers');
  }
}
