import { join } from 'node:path';
import type { Servers } from '../provision/index.js';
import { administratorSecret, removeServicesAccount, vhost } from '../provision/rabbitmq-management.js';
import type { Login } from '../services.js';
import { provideAccounts, setUp } from './index.js';

/**
 * Sets up those of the servers that were started here: on a server that was named the services use the account that was named with it.
 * Resolves to the accounts by service.
 */
export async function setUpPrivate(directory: string, servers: Servers): Promise<ReadonlyMap<string, Login>> {
  const { administrator, managementUrl, managementLogin } = servers;
  const ownPostgres = administrator.postgresUrl !== servers.postgresUrl;
  const { value: password } = administratorSecret(directory);
  const broker =
    managementUrl !== undefined && managementLogin !== undefined
      ? { managementUrl, user: managementLogin.user, password, vhost }
      : undefined;
  const accounts = provideAccounts(join(directory, 'secrets'));
  const database = ownPostgres ? { rolesUrl: administrator.postgresUrl, ownerUrl: servers.postgresUrl } : undefined;
  await setUp({ accounts, database, broker });
  if (broker) await removeServicesAccount(broker.managementUrl, directory);
  return new Map(
    accounts.map(({ service, rabbitmq, postgres }) => [
      service,
      {
        ...(broker && { rabbitmqPasswordFile: rabbitmq.file }),
        ...(ownPostgres && { postgresPasswordFile: postgres.file }),
      },
    ]),
  );
}
