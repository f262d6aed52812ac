import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOrders1760000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table orders (
        order_id uuid primary key,
        customer_id text not null,
        email text,
        items jsonb not null,
        total bigint not null check (total >= 0),
        currency text not null,
        payment_method text not null,
        shipping_address jsonb,
        status text not null,
        facts jsonb not null,
        reason text,
        tracking_number text,
        request_hash text,
        placed_at timestamptz check (placed_at is not null),
        deadline_at timestamptz,
        ended_at timestamptz,
        stuck_since timestamptz,
        ended_as text generated always as (case when status in ('COMPLETED', 'CANCELLED') then status end) stored
      ) with (fillfactor = 50)`);
    // Only open orders are in it, so it stays small however many have ended.
    await runner.query('create index orders_by_deadline on orders (deadline_at) where deadline_at is not null');
    // No index names `status`: it changes at every step, and an update that changes no indexed value can stay on its page (a
    // heap-only tuple), which spares an entry in each index. Open orders are found by their deadline, ended ones by their ending.
    await runner.query('create index orders_by_ending on orders (ended_as, placed_at, order_id) where ended_as is not null');
    await runner.query('create index orders_by_customer on orders (customer_id, placed_at, order_id)');
    await runner.query('create index orders_by_placing on orders (placed_at, order_id)');
    await runner.query(`
      create table catalogue_items (
        sku text primary key,
        name text not null,
        unit_price bigint not null,
        currency text not null,
        revision integer not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table catalogue_items, orders');
  }
}
