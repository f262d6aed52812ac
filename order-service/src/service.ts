import { OrderCancelled, OrderCompleted } from '@quickstep/shared/contracts';
import { type Part, startService } from '@quickstep/shared/service';
import type { DataSource } from 'typeorm';
import type { orderConfig } from './config.js';
import { CreateOrders1760000000001, LogBySubject1765000000100 } from './db/migrations.js';
import { countStuck } from './db/queries.js';
import { Catalogue, Orders } from './db/tables.js';
import { orderRoutes } from './http/routes.js';
import { orderSteps } from './steps/index.js';

export { orderConfig } from './config.js';

const stuckOrders = (dataSource: DataSource): Part => ({
  name: 'stuck orders',
  gauges: [
    {
      name: 'quickstep_stuck_orders',
      help: 'Orders that could not end after their deadline',
      read: () => countStuck(dataSource),
    },
  ],
});

export function startOrderService(config: ReturnType<typeof orderConfig>) {
  return startService({
    config,
    description: 'Takes orders and tells how far they have come',
    tables: [Orders, Catalogue],
    migrations: [CreateOrders1760000000001, LogBySubject1765000000100],
    implementation: () => orderSteps(config.orderDeadline),
    routes: orderRoutes,
    endings: [OrderCompleted, OrderCancelled],
    parts: ({ dataSource }) => [stuckOrders(dataSource)],
  });
}
