import { join } from 'node:path';
import type { Servers } from '../provision/index.js';
import { administratorSecret, removeServicesAccount, vhost } from '../provision/rabbitmq-management.js';
import type { Login } from '../services.js';
import { provideAccounts, type SetUpOptions, setUp } from './index.js';
import { keepTopology } from './keep-topology.js';

/** What is to be set up on those of the servers that were started here. */
function optionsFor(directory: string, servers: Servers): SetUpOptions {
  const { administrator, managementUrl, managementLogin } = servers;
  const ownPostgres = administrator.postgresUrl !== servers.postgresUrl;
  const { value: password } = administratorSecret(directory);
  const broker =
    managementUrl !== undefined && managementLogin !== undefined
      ? { managementUrl, user: managementLogin.user, password, vhost }
      : undefined;
  const database = ownPostgres ? { rolesUrl: administrator.postgresUrl, ownerUrl: servers.postgresUrl } : undefined;
  return { accounts: provideAccounts(join(directory, 'secrets')), database, broker };
}

/**
 * Sets up those of the servers that were started here: on a server that was named the services use the account that was named with it.
 * Resolves to the accounts by service.
 */
export async function setUpPrivate(directory: string, servers: Servers): Promise<ReadonlyMap<string, Login>> {
  const options = optionsFor(directory, servers);
  const { accounts, broker, database } = options;
  await setUp(options);
  if (broker) await removeServicesAccount(broker.managementUrl, directory);
  return new Map(
    accounts.map(({ service, rabbitmq, postgres }) => [
      service,
      {
        ...(broker && { rabbitmqPasswordFile: rabbitmq.file }),
        ...(database && { postgresPasswordFile: postgres.file }),
      },
    ]),
  );
}

/** On the broker that was started here, if it was; see {@link keepTopology}. */
export function keepPrivateTopology(directory: string, servers: Servers, tell: (text: string) => void): () => void {
  const options = optionsFor(directory, servers);
  return options.broker === undefined ? () => undefined : keepTopology(options.broker, options, tell);
}
