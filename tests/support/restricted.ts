import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../../tools/src/progress.js';
import { provisionTemporary, type Servers } from '../../tools/src/provision/index.js';
import { type Account, provideAccounts } from '../../tools/src/setup/accounts.js';
import { setUp, setUpDatabases } from '../../tools/src/setup/index.js';
import { type Connections, type Running, type ServiceName, startHere } from './services.js';
import { Shop } from './shop.js';

const silent: Progress = {
  step: (_label, work) =>
    work(
      () => undefined,
      () => undefined,
    ),
  line: () => undefined,
};

/** Accounts belong to a whole server: these tests have servers of their own. */
export interface OwnServers extends Servers {
  readonly managementUrl: string;
  readonly directory: string;
}

/**
 * Servers of which everything may be changed, and the environment of tests that names them. RIGHTS_RABBITMQ_URL (of an administrator) and
 * RIGHTS_RABBITMQ_MANAGEMENT_URL name a broker of another version instead of the one that is started.
 */
export async function ownServers(): Promise<OwnServers> {
  for (const name of ['RABBITMQ_URL', 'POSTGRES_URL', 'RABBITMQ_MANAGEMENT_URL']) delete process.env[name];
  const { RIGHTS_RABBITMQ_URL: broker, RIGHTS_RABBITMQ_MANAGEMENT_URL: management } = process.env;
  if (broker) Object.assign(process.env, { RABBITMQ_URL: broker, RABBITMQ_MANAGEMENT_URL: management });
  const servers = await provisionTemporary({ progress: silent });
  const { managementUrl, administrator } = servers;
  if (managementUrl === undefined) throw new Error('The broker has no management API');
  // Databases belong to the role that migrates, which is no superuser.
  Object.assign(process.env, {
    RABBITMQ_URL: administrator.rabbitmqUrl,
    RABBITMQ_MANAGEMENT_URL: managementUrl,
    POSTGRES_URL: servers.postgresUrl,
  });
  return { ...servers, managementUrl };
}

/** How setup reaches the broker. */
export function brokerAdministrator({ administrator, managementUrl }: OwnServers, vhost: string) {
  const { username, password } = new URL(administrator.rabbitmqUrl);
  return { managementUrl, user: username, password: decodeURIComponent(password), vhost };
}

/** The URL with another account, and perhaps another path. */
export function as(url: string, user: string, password: string, path?: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = encodeURIComponent(password);
  if (path !== undefined) changed.pathname = path;
  return changed.href;
}

export interface Restricted {
  readonly shop: Shop;
  /** At the broker, of the operator's service, which does not run. */
  readonly operations: Account;
  /** Imports the definitions again. */
  setUpAgain(): Promise<void>;
  /** With the names of the databases that the shop uses. */
  readonly accounts: readonly Account[];
}

/** A shop in which each service runs under its own account and role, as setup makes them. */
export async function openRestricted(servers: OwnServers, env: NodeJS.ProcessEnv = {}): Promise<Restricted> {
  const accounts = provideAccounts(mkdtempSync(join(servers.directory, 'accounts-')));
  const operations = accounts.find(({ service }) => service === 'operations-service');
  if (operations === undefined) throw new Error('There is no account for operations');
  const used: Account[] = [];
  let importing = async () => {};
  let broker: Promise<void> | undefined;
  const start = async (name: ServiceName, given: NodeJS.ProcessEnv, doubles: Connections): Promise<Running> => {
    const account = accounts.find(({ service }) => service === `${name}-service`);
    if (account === undefined) throw new Error(`There is no account for ${name}`);
    const [rabbitmqUrl = '', postgresUrl = ''] = [given.RABBITMQ_URL, given.POSTGRES_URL];
    const vhost = new URL(rabbitmqUrl).pathname.slice(1);
    const database = new URL(postgresUrl).pathname.slice(1);
    importing = () => setUp({ accounts, broker: brokerAdministrator(servers, vhost), env: given });
    broker ??= importing();
    await broker;
    if (!used.some(({ service }) => service === account.service)) {
      used.push({ ...account, database });
      const rolesUrl = servers.administrator.postgresUrl;
      await setUpDatabases({ rolesUrl, ownerUrl: servers.postgresUrl }, [{ ...account, database }]);
    }
    const own = {
      RABBITMQ_URL: as(rabbitmqUrl, account.service, account.rabbitmq.value),
      POSTGRES_URL: as(postgresUrl, account.service, account.postgres.value),
    };
    return startHere(name, { ...given, ...own }, doubles);
  };
  return { shop: await Shop.open(start, env), operations, accounts: used, setUpAgain: () => importing() };
}
