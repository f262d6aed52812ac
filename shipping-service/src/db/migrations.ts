import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateShipments1760000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table shipments (
        order_id uuid primary key,
        tracking_number text unique,
        refusal_reason text,
        closed boolean not null,
        recalled boolean not null,
        surplus_parcels jsonb not null
      ) with (fillfactor = 90)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shipments');
  }
}
