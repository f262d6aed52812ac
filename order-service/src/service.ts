import { packageVersion, type ServiceDescription, startService } from '@quickstep/shared/service';
import { type orderConfig, orderDefaults } from './config.js';
import { CreateOrders1760000000001 } from './db/migrations.js';
import { countOpen, countStuck } from './db/queries.js';
import { Catalogue, Orders } from './db/tables.js';
import { orderRoutes } from './http/routes.js';
import { orderSteps } from './steps/index.js';

export { orderConfig } from './config.js';

/** What is true of it whether or not it runs. */
export const orderDescription = {
  description: 'Takes orders and tells how far they have come',
  version: packageVersion(__dirname),
  defaults: orderDefaults,
  tables: [Orders, Catalogue],
  migrations: [CreateOrders1760000000001],
  routes: orderRoutes,
  metrics: [
    {
      name: 'quickstep_stuck_orders',
      help: 'Orders that could not end after their deadline',
      read: ({ dataSource }) => countStuck(dataSource),
    },
    {
      name: 'quickstep_open_orders',
      help: 'Orders that have not ended, by status',
      labelNames: ['status'],
      read: ({ dataSource }) => countOpen(dataSource),
    },
  ],
} satisfies ServiceDescription;

export function startOrderService(config: ReturnType<typeof orderConfig>) {
  return startService({
    config,
    ...orderDescription,
    implementation: () => orderSteps(config.orderDeadline),
  });
}
