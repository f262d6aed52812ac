import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePayments1760000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table payments (
        order_id uuid primary key,
        amount bigint not null check (amount >= 0),
        currency text not null,
        charge_id text unique,
        decline_reason text,
        refund_id text unique,
        refunded_charge_id text,
        refunded_amount bigint not null check (refunded_amount >= 0),
        surplus_charges jsonb not null,
        closed boolean not null
      ) with (fillfactor = 90)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table payments');
  }
}
