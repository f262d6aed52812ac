import { type Part, type ServiceDescription, startService } from '@quickstep/shared/service';
import type { DataSource } from 'typeorm';
import { type orderConfig, orderDefaults } from './config.js';
import { CreateOrders1760000000001 } from './db/migrations.js';
import { countOpen, countStuck } from './db/queries.js';
import { Catalogue, Orders } from './db/tables.js';
import { orderRoutes } from './http/routes.js';
import { orderSteps } from './steps/index.js';

export { orderConfig } from './config.js';

const STUCK_ORDERS = { name: 'quickstep_stuck_orders', help: 'Orders that could not end after their deadline' };

const OPEN_ORDERS = { name: 'quickstep_open_orders', help: 'Orders that have not ended, by status', labelNames: ['status'] };

const openOrders = (dataSource: DataSource): Part => ({
  name: 'open orders',
  gauges: [
    { ...STUCK_ORDERS, read: () => countStuck(dataSource) },
    { ...OPEN_ORDERS, read: () => countOpen(dataSource) },
  ],
});

/** What is true of it whether or not it runs. */
export const orderDescription = {
  description: 'Takes orders and tells how far they have come',
  defaults: orderDefaults,
  tables: [Orders, Catalogue],
  migrations: [CreateOrders1760000000001],
  routes: orderRoutes,
  metrics: [STUCK_ORDERS, OPEN_ORDERS],
} satisfies ServiceDescription;

export function startOrderService(config: ReturnType<typeof orderConfig>) {
  return startService({
    config,
    ...orderDescription,
    implementation: () => orderSteps(config.orderDeadline),
    parts: ({ dataSource }) => [openOrders(dataSource)],
  });
}
