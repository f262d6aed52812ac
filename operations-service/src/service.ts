import { implement } from '@quickstep/shared/choreography';
import { type ServiceDescription, startService } from '@quickstep/shared/service';
import { Access } from './access/index.js';
import { operations } from './choreography.js';
import { type operationsConfig, operationsDefaults } from './config.js';
import { operationsRoutes } from './http/routes.js';

export { operationsConfig } from './config.js';

/** What is true of it whether or not it runs. */
export const operationsDescription = {
  description: "The operator's view of all services, and what an operator may do",
  defaults: operationsDefaults,
  tables: [],
  routes: operationsRoutes(new Access(undefined)),
} satisfies ServiceDescription;

/** @throws StartError when the installation's secret cannot be read */
export async function startOperationsService(config: ReturnType<typeof operationsConfig>) {
  const access = await Access.fromFile(config.installationSecretFile);
  return startService({
    config,
    ...operationsDescription,
    routes: operationsRoutes(access),
    migrations: [],
    implementation: () => implement(operations, {}),
  });
}
