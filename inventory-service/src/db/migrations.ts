import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateInventory1760000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table stock_items (
        sku text primary key,
        name text not null,
        unit_price bigint not null check (unit_price >= 0),
        currency text not null,
        available bigint not null check (available >= 0),
        reserved bigint not null check (reserved >= 0),
        on_hand bigint not null,
        revision integer not null,
        check (on_hand = available + reserved)
      ) with (fillfactor = 50)`);
    await runner.query(`
      create table reservations (
        order_id uuid primary key,
        status text not null,
        items jsonb not null
      ) with (fillfactor = 70)`);
    await runner.query(`
      create table stock_adjustments (
        adjustment_id text primary key,
        sku text not null references stock_items,
        delta bigint not null,
        reason text not null,
        made_at timestamptz
      )`);
    await runner.query('create index stock_adjustments_by_time on stock_adjustments using brin (made_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table stock_adjustments, reservations, stock_items');
  }
}

/** What a request under an idempotency key is compared with. */
export class KeepRequestHash1760000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table stock_adjustments add column request_hash text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table stock_adjustments drop column request_hash');
  }
}
