import { DEFAULT_RETRY_DELAYS } from '@quickstep/shared/choreography';
import { Problem } from '../problem.js';
import { type Account, provideAccounts } from './accounts.js';
import { type BrokerAdministrator, setUpBroker } from './broker.js';
import { type DatabaseAdministrator, planCatchUp, setUpDatabases } from './databases.js';

export type { Account } from './accounts.js';

export interface SetUpOptions {
  /** Where the passwords are kept, in a folder for each service. */
  readonly folder: string;
  readonly database?: DatabaseAdministrator;
  readonly broker?: BrokerAdministrator;
  readonly env?: NodeJS.ProcessEnv;
}

/** As the services read it (`RETRY_DELAYS_MS`). */
function retryDelaysIn({ RETRY_DELAYS_MS }: NodeJS.ProcessEnv): readonly number[] {
  if (!RETRY_DELAYS_MS) return DEFAULT_RETRY_DELAYS;
  const delays = RETRY_DELAYS_MS.split(',').map(Number);
  if (delays.every((each) => Number.isSafeInteger(each) && each > 0)) return delays;
  throw new Problem(
    'RETRY_DELAYS_MS must be integers with commas between them: how long a failed delivery waits, in milliseconds.',
  );
}

/**
 * Sets up what the services need to run with the least rights: on the servers that are given an account for each service, its database,
 * migrated, and the broker's topology. Databases come first: what a missing queue means is noted in them.
 */
export async function setUp({ folder, database, broker, env = process.env }: SetUpOptions): Promise<Account[]> {
  const accounts = provideAccounts(folder);
  if (database) await setUpDatabases(database, accounts);
  if (!broker) return accounts;
  const from = env.CATCH_UP === 'now' ? 'now' : 'last';
  await setUpBroker(broker, accounts, {
    retryDelays: retryDelaysIn(env),
    before: async (missing) => {
      if (database) await planCatchUp(database.ownerUrl, accounts, missing, from);
    },
  });
  return accounts;
}
