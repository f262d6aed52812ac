import { randomBytes } from 'node:crypto';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';

/** One row: what the service's replicas share and nobody else knows. Not the secret of INSTALLATION_SECRET_FILE, which tokens are made of. */
export class IdempotencySecret1760000000000 implements MigrationInterface {
  readonly name = 'IdempotencySecret1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table idempotency_secret (
        singleton boolean primary key default true check (singleton),
        secret bytea not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table idempotency_secret');
  }
}

/** As long as the output of the hash that it keys, SHA-256 (RFC 2104, section 3). Bytes. */
const LENGTH = 32;

/**
 * What the ids of work under an `Idempotency-Key` are made with, made when it is first asked for. It stands beside the rows whose ids are made with
 * it, and so is shared, kept, backed up and restored with them.
 */
export async function idempotencySecret(dataSource: DataSource): Promise<Buffer> {
  const proposed = randomBytes(LENGTH);
  // Of replicas that start at once the first one's stands.
  await dataSource.query('insert into idempotency_secret (secret) values ($1) on conflict do nothing', [proposed]);
  const [row]: { secret: Buffer }[] = await dataSource.query('select secret from idempotency_secret');
  if (row === undefined) throw new Error('The table "idempotency_secret" lost its row while the service started');
  return row.secret;
}
