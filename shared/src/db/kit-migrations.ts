import type { MigrationInterface } from 'typeorm';
import { QueueDeclarations1760000000001 } from './binding-record.js';
import { CatchUp1765000000001 } from './catch-up.js';
import { EventLog1765000000000 } from './event-log-migration.js';
import { InstallationSecret1764000000000 } from './installation-secret.js';
import { KitTables1760000000000 } from './kit-migration.js';

/** The kit's own tables, in the database of every service: before the service's own. */
export const kitMigrations: readonly (new () => MigrationInterface)[] = [
  KitTables1760000000000,
  QueueDeclarations1760000000001,
  InstallationSecret1764000000000,
  EventLog1765000000000,
  CatchUp1765000000001,
];
