import { Problem, reasonOf } from './problem.js';
import { provideSecret } from './provision/secrets.js';
import { provideAccounts, setUp } from './setup/index.js';

/**
 * Sets a system up on servers that others run; may be repeated. As `npm run setup`, and as a container's command, apart from the launcher: it
 * needs the packages of the services only. docs/rights.md says what its variables are.
 */
function required(name: string, what: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Problem(`${name} is not set: ${what}`);
}

export async function main(): Promise<number> {
  const folder = required('ACCOUNTS_FOLDER', 'the folder for the passwords of the services, with a folder for each');
  const rabbitmq = new URL(required('RABBITMQ_URL', 'amqp://administrator:password@host/vhost'));
  const managementUrl = required('RABBITMQ_MANAGEMENT_URL', 'the management API of that broker');
  const ownerUrl = required(
    'POSTGRES_URL',
    'postgres://owner:password@host/postgres, a role that may create databases and roles',
  );
  if (process.env.INSTALLATION_SECRET_FILE) provideSecret(process.env.INSTALLATION_SECRET_FILE);
  const accounts = provideAccounts(folder);
  await setUp({
    accounts,
    database: { ownerUrl, rolesUrl: ownerUrl },
    broker: {
      managementUrl: managementUrl.replace(/\/+$/, ''),
      user: decodeURIComponent(rabbitmq.username),
      password: decodeURIComponent(rabbitmq.password),
      vhost: decodeURIComponent(rabbitmq.pathname.slice(1)) || '/',
    },
  });
  process.stdout.write(`Accounts, databases and topology of ${accounts.map(({ service }) => service).join(', ')} are there\n`);
  return 0;
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`The system could not be set up: ${reasonOf(error)}\n`);
    process.exitCode = 1;
  });
}
