import { readArguments } from './arguments.js';
import { Problem, reasonOf } from './problem.js';
import { provideSecret } from './provision/secrets.js';
import { command, interruption } from './run.js';
import { provideAccounts, setUp } from './setup/index.js';
import { keepTopology } from './setup/keep-topology.js';

function required(name: string, what: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Problem(`${name} is not set: ${what}`);
}

function optionsFromEnvironment() {
  const folder = required('ACCOUNTS_FOLDER', 'the folder for the passwords of the services, with a folder for each');
  const rabbitmq = new URL(required('RABBITMQ_URL', 'amqp://administrator:password@host/vhost'));
  const managementUrl = required('RABBITMQ_MANAGEMENT_URL', 'the management API of that broker');
  const ownerUrl = required(
    'POSTGRES_URL',
    'postgres://owner:password@host/postgres, a role that may create databases and roles',
  );
  return {
    accounts: provideAccounts(folder),
    database: { ownerUrl, rolesUrl: ownerUrl },
    broker: {
      managementUrl: managementUrl.replace(/\/+$/, ''),
      user: decodeURIComponent(rabbitmq.username),
      password: decodeURIComponent(rabbitmq.password),
      vhost: decodeURIComponent(rabbitmq.pathname.slice(1)) || '/',
    },
  };
}

const say = (text: string) => process.stdout.write(`${text}\n`);

/**
 * Sets a system up on servers that others run; may be repeated. As `npm run setup`, and as a container's command, apart from the launcher: it
 * needs the packages of the services only. docs/rights.md says what its variables are. With `--watch` it stays, and brings back queues and
 * bindings that are deleted.
 *
 * @throws Problem when a variable is missing or a server does not allow it
 */
export async function setUpSystem(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { watch } = readArguments(args, { watch: { type: 'boolean' } }).values;
  const options = optionsFromEnvironment();
  if (process.env.INSTALLATION_SECRET_FILE) provideSecret(process.env.INSTALLATION_SECRET_FILE);
  await setUp(options).catch((error: unknown) => {
    throw new Problem(`The system could not be set up: ${reasonOf(error)}`);
  });
  say(`Accounts, databases and topology of ${options.accounts.map(({ service }) => service).join(', ')} are there`);
  if (!watch) return 0;
  const end = keepTopology(options.broker, options, say);
  await interruption(signal);
  end();
  return 0;
}

export const main = command(setUpSystem);

if (require.main === module)
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
