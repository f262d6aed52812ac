import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotifications1760000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table notifications (
        notification_id uuid primary key,
        order_id uuid not null,
        template text not null,
        channel text not null,
        recipient text not null,
        subject text not null,
        body text not null,
        status text not null,
        failure_reason text,
        created_at timestamptz
      )`);
    await runner.query('create index notifications_by_order on notifications (order_id)');
    await runner.query('create index notifications_by_time on notifications using brin (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notifications');
  }
}
