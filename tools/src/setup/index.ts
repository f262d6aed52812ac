import { DEFAULT_RETRY_DELAYS } from '@quickstep/shared/choreography';
import {
  type BrokerAdministrator,
  type DatabaseAdministrator,
  hashedPassword,
  missingAtBroker,
  planCatchUp,
  SetUpRefused,
  setUpBroker,
  setUpDatabase,
  setUpOwnDatabase,
} from '@quickstep/shared/rights';
import { operations, serviceOf } from '@quickstep/system';
import { holders, systemDefinitions } from '@quickstep/system/rights';
import { Problem } from '../problem.js';
import { tryFetch, until } from '../wait.js';
import { type Account, provideAccounts } from './accounts.js';

export type { Account } from './accounts.js';

export interface SetUpOptions {
  readonly accounts: readonly Account[];
  readonly database?: DatabaseAdministrator | undefined;
  readonly broker?: BrokerAdministrator | undefined;
  /** As the services have it: `RETRY_DELAYS_MS`, `EVENT_STREAM`, `CATCH_UP`. */
  readonly env?: NodeJS.ProcessEnv;
}

const MANAGEMENT_TIMEOUT_MS = 60_000;

/** As the services read it. */
function retryDelaysIn({ RETRY_DELAYS_MS }: NodeJS.ProcessEnv): readonly number[] {
  if (!RETRY_DELAYS_MS) return DEFAULT_RETRY_DELAYS;
  const delays = RETRY_DELAYS_MS.split(',').map(Number);
  if (delays.every((each) => Number.isSafeInteger(each) && each > 0)) return delays;
  throw new Problem(
    'RETRY_DELAYS_MS must be integers with commas between them: how long a failed delivery waits, in milliseconds.',
  );
}

export async function setUpDatabases(administrator: DatabaseAdministrator, accounts: readonly Account[]): Promise<void> {
  const one = async ({ service, database, postgres }: Account) => {
    const account = { service, database, password: postgres.value };
    // It makes tables at run time, for what it makes of the events: it migrates itself.
    if (service === operations.service) return setUpOwnDatabase(administrator, account);
    const { migrations } = await serviceOf(service).describe();
    await setUpDatabase(administrator, { ...account, migrations });
  };
  await Promise.all(accounts.map(one));
}

function definitionsFor({ vhost }: BrokerAdministrator, { accounts, env = process.env }: SetUpOptions) {
  const passwordHashes = new Map(accounts.map(({ service, rabbitmq }) => [service, hashedPassword(rabbitmq.value)]));
  const settings = { retryDelays: retryDelaysIn(env), streamed: env.EVENT_STREAM === 'on' };
  return systemDefinitions({ vhost, passwordHashes, ...settings });
}

async function importDefinitions(broker: BrokerAdministrator, options: SetUpOptions) {
  const { accounts, database, env = process.env } = options;
  const { managementUrl } = broker;
  const failure = `RabbitMQ's management API at ${managementUrl} did not answer`;
  await until(async () => (await tryFetch(managementUrl)) !== undefined, {
    timeoutMs: MANAGEMENT_TIMEOUT_MS,
    everyMs: 500,
    failure,
  });
  const emittersOf = new Map(
    holders().map(({ topology: { queue, emitters } }) => [queue, emitters.map(({ service }) => service)]),
  );
  await setUpBroker(broker, definitionsFor(broker, options), async (missing) => {
    if (database === undefined) return;
    for (const { service, database: name } of accounts.filter((each) => missing.includes(each.service))) {
      const emitters = emittersOf.get(service) ?? [];
      if (emitters.length > 0) await planCatchUp(database.ownerUrl, name, emitters, env.CATCH_UP === 'now' ? 'now' : 'last');
    }
  });
}

/**
 * Sets up what the services need to run with the least rights: on the servers that are given an account for each service, its database,
 * migrated, and the broker's topology. Databases come first: what a missing queue means is noted in them. May be repeated.
 *
 * @throws Problem when a server does not allow it
 */
export async function setUp(options: SetUpOptions): Promise<void> {
  const { accounts, database, broker } = options;
  try {
    if (database) await setUpDatabases(database, accounts);
    if (broker) await importDefinitions(broker, options);
  } catch (error) {
    throw error instanceof SetUpRefused ? new Problem(error.message) : error;
  }
}

/**
 * Sets the broker up again when queues or bindings are missing that belong there: services with accounts of their own may not do that.
 *
 * @returns what was missing
 * @throws SetUpRefused, or an Error of the connection, when the broker cannot be looked at
 */
export async function restoreTopology(broker: BrokerAdministrator, options: SetUpOptions): Promise<readonly string[]> {
  const missing = await missingAtBroker(broker, definitionsFor(broker, options));
  if (missing.length > 0) await importDefinitions(broker, options);
  return missing;
}

export { provideAccounts };
