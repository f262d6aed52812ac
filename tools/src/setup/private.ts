import { join } from 'node:path';
import type { Servers } from '../provision/index.js';
import { administratorSecret, removeServicesAccount, vhost } from '../provision/rabbitmq-management.js';
import type { Login } from '../services.js';
import { provideAccounts, restoreTopology, type SetUpOptions, setUp } from './index.js';

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

/** Long for a look that costs the broker two queries, short beside an order's deadline. */
const LOOK_EVERY_MS = 15_000;

/** Brings back queues and bindings that are deleted while the system runs, and says so. Answers how to stop. */
export function keepTopology(
  directory: string,
  servers: Servers,
  tell: (text: string) => void,
  every = LOOK_EVERY_MS,
): () => void {
  const options = optionsFor(directory, servers);
  const { broker } = options;
  if (broker === undefined) return () => undefined;
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    // A broker that is away is told of by others.
    const missing = await restoreTopology(broker, options).catch(() => []);
    looking = false;
    if (missing.length > 0) tell(`RabbitMQ lacked ${missing.join(', ')}: set up again. What was missed comes later.`);
  };
  const timer = setInterval(() => void look(), every);
  return () => clearInterval(timer);
}
