import { implement } from '@quickstep/shared/choreography';
import type { ReadContext } from '@quickstep/shared/http';
import { type Part, type Resources, type ServiceDescription, startService } from '@quickstep/shared/service';
import { Access } from './access/index.js';
import { Archive, Archive1760000000001, archiveMetrics, followingPart, LiveEvents } from './archive/index.js';
import { operations } from './choreography.js';
import { type operationsConfig, operationsDefaults } from './config.js';
import { eventText } from './http/event-routes.js';
import { operationsRoutes } from './http/routes.js';
import { OrderService } from './order-service.js';
import { Projections, Projections1760000000002, projectionMetrics, projectionsPart } from './projections/index.js';
import { projections } from './read-models/index.js';

export { operationsConfig } from './config.js';

const readModels = projections.flatMap(({ tables }) => tables.map(({ table }) => table));

/** What is true of it whether or not it runs. */
export const operationsDescription = {
  description: "The operator's view of all services, and what an operator may do",
  defaults: operationsDefaults,
  tables: readModels,
  routes: operationsRoutes(new Access(undefined)),
  metrics: [...archiveMetrics, ...projectionMetrics],
} satisfies ServiceDescription;

type Config = ReturnType<typeof operationsConfig>;

/** Everything that runs in it; its routes read from, and act on, what is made here. */
function partsOf(config: Config, access: Access, resources: Resources): readonly Part<ReadContext>[] {
  const { dataSource, clock, logger } = resources;
  const archive = new Archive(dataSource);
  const live = new LiveEvents(archive, eventText, logger);
  const kept = new Projections({ projections, dataSource, archive, logger });
  const orders = new OrderService(config.serviceUrls.get('order-service'));
  const running = { live, projections: kept, orders, now: () => clock.now() };
  return [
    followingPart({ urls: config.serviceUrls, config, resources }),
    projectionsPart(kept, resources),
    { name: 'API', routes: operationsRoutes(access, running), close: () => live.close() },
  ];
}

/** @throws StartError when the installation's secret cannot be read */
export async function startOperationsService(config: Config) {
  const access = await Access.fromFile(config.installationSecretFile);
  return startService({
    config,
    ...operationsDescription,
    routes: [],
    migrations: [Archive1760000000001, Projections1760000000002],
    implementation: () => implement(operations, {}),
    parts: (resources) => partsOf(config, access, resources),
  });
}
