import { startService } from '@quickstep/shared/service';
import type { inventoryConfig } from './config.js';
import { CreateInventory1760000000001 } from './db/migrations.js';
import { Adjustments, Reservations, Stock } from './db/tables.js';
import { inventoryRoutes } from './http/routes.js';
import { inventorySteps } from './steps/index.js';

export { inventoryConfig } from './config.js';

export function startInventoryService(config: ReturnType<typeof inventoryConfig>) {
  return startService({
    config,
    description: 'Keeps the catalogue and its stock',
    tables: [Stock, Reservations, Adjustments],
    migrations: [CreateInventory1760000000001],
    implementation: inventorySteps,
    routes: inventoryRoutes,
    retention: [{ table: 'stock_adjustments', column: 'made_at', days: config.recordRetentionDays }],
  });
}
