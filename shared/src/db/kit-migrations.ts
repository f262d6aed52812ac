import type { MigrationInterface } from 'typeorm';
import { QueueDeclarations1760000000000 } from './binding-record.js';
import { CatchUp1760000000000 } from './catch-up.js';
import { KeepPartitions1760000000000 } from './event-log-partitions.js';
import { IdempotencySecret1760000000000 } from './idempotency-secret.js';
import { KitTables1760000000000 } from './kit-migration.js';

/** Make the kit's own tables in the database of every service; they come before the service's own. */
export const kitMigrations: readonly (new () => MigrationInterface)[] = [
  KitTables1760000000000,
  QueueDeclarations1760000000000,
  IdempotencySecret1760000000000,
  CatchUp1760000000000,
  KeepPartitions1760000000000,
];
