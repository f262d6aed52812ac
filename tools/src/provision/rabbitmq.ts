import { Problem } from '../problem.js';
import type { Note } from '../progress.js';
import { tryFetch } from '../wait.js';
import { checkGivenServer } from './given-server.js';
import type { Broker } from './provided.js';
import { hasDocker, startDockerBroker } from './rabbitmq-docker.js';
import { findInstalled, startInstalledBroker } from './rabbitmq-installed.js';
import { canInstallPackage, installPackage } from './rabbitmq-package.js';
import type { ServerOptions } from './server-options.js';

/** The first that is possible: the server that was named, the installed one, Debian's package, a container. */
export async function provideRabbitmq(options: ServerOptions, note: Note): Promise<Broker> {
  const given = process.env.RABBITMQ_URL;
  if (given) return useGiven(given, note);
  const installed = findInstalled();
  if (installed) return startInstalledBroker(installed, options, note);
  if (canInstallPackage()) {
    await installPackage(options.directory);
    const fresh = findInstalled();
    if (fresh) return startInstalledBroker(fresh, options, note);
  }
  if (await hasDocker()) return startDockerBroker(options, note);
  throw new Problem(missingBroker());
}

/** @throws Problem that says what to install, when there is no way to one */
export async function requireRabbitmq(): Promise<void> {
  if (process.env.RABBITMQ_URL || findInstalled() || canInstallPackage() || (await hasDocker())) return;
  throw new Problem(missingBroker());
}

async function useGiven(url: string, note: Note): Promise<Broker> {
  await checkGivenServer('RABBITMQ_URL', url, 5672);
  note('RabbitMQ as RABBITMQ_URL says');
  const guess = `http://${new URL(url).hostname}:15672`;
  const managementUrl = process.env.RABBITMQ_MANAGEMENT_URL ?? ((await tryFetch(guess)) ? guess : undefined);
  return { url, administratorUrl: url, ...(managementUrl && { managementUrl }) };
}

function missingBroker(): string {
  const install = process.platform === 'darwin' ? 'brew install rabbitmq' : 'sudo apt-get install rabbitmq-server';
  return [
    'There is no RabbitMQ to use. Do one of these and run the command again:',
    `  - install it:               ${install}`,
    '  - or start a Docker engine: the image rabbitmq:4-management is then used',
    '  - or name a running one:    export RABBITMQ_URL=amqp://user:password@127.0.0.1:5672',
  ].join('\n');
}
