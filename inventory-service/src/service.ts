import { keep } from '@quickstep/shared/db';
import { packageVersion, type ServiceDescription, startService } from '@quickstep/shared/service';
import { type inventoryConfig, inventoryDefaults } from './config.js';
import { CreateInventory1760000000001, KeepRequestHash1760000000002 } from './db/migrations.js';
import { Adjustments, Reservations, Stock } from './db/tables.js';
import { inventoryRoutes } from './http/routes.js';
import { inventorySteps } from './steps/index.js';

export { inventoryConfig } from './config.js';

/** What is true of it whether or not it runs. */
export const inventoryDescription = {
  description: 'Keeps the catalogue and its stock',
  version: packageVersion(__dirname),
  defaults: inventoryDefaults,
  tables: [Stock, Reservations, Adjustments],
  migrations: [CreateInventory1760000000001, KeepRequestHash1760000000002],
  routes: inventoryRoutes,
} satisfies ServiceDescription;

export function startInventoryService(config: ReturnType<typeof inventoryConfig>) {
  return startService({
    config,
    ...inventoryDescription,
    implementation: inventorySteps,
    retention: [keep(Adjustments, 'madeAt', config.recordRetentionDays)],
  });
}
