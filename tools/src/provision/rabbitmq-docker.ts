import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Problem, reasonOf } from '../problem.js';
import type { Note } from '../progress.js';
import { freePort } from './ports.js';
import type { Broker } from './provided.js';
import { deadLettersAgain, statisticsOf } from './rabbitmq-installed.js';
import { administrator, administratorSecret, prepareBroker } from './rabbitmq-management.js';
import type { ServerOptions } from './server-options.js';

const run = promisify(execFile);
const image = 'rabbitmq:4-management';

/** One container per directory; its name finds it again after a crash. */
const containerName = (directory: string) => `quickstep-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;

/** Written before the container is started: whoever stops the servers of a directory then knows that there may be one. */
const markerFile = (directory: string) => join(directory, 'rabbitmq-container');

export function isDockerBroker(directory: string): boolean {
  return existsSync(markerFile(directory));
}

export async function hasDocker(): Promise<boolean> {
  return run('docker', ['info'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

export async function startDockerBroker(options: ServerOptions, note: Note): Promise<Broker> {
  const name = containerName(options.directory);
  const amqp = await freePort(options.standardPorts ? 5672 : undefined);
  const management = await freePort(options.standardPorts ? 15672 : undefined);
  // Whoever scrapes it asks the broker for its port, which is the one inside.
  const prometheus = await freePort(15692);
  // The host name is part of the node's name and therefore of the folder its data is in.
  const identity = ['--name', name, '--hostname', 'quickstep', '--label', 'quickstep', '--volume', `${name}:/var/lib/rabbitmq`];
  const published = [
    [amqp, 5672],
    [management, 15672],
    [prometheus, 15692],
  ];
  const ports = published.flatMap(([port, inside]) => ['--publish', `127.0.0.1:${port}:${inside}`]);
  const variables = join(options.directory, 'secrets', 'rabbitmq.env');
  const { value } = administratorSecret(options.directory);
  const given = {
    RABBITMQ_DEFAULT_USER: administrator,
    RABBITMQ_DEFAULT_PASS: value,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${deadLettersAgain} ${statisticsOf(options)}`,
  };
  const lines = Object.entries(given).map(([key, text]) => `${key}=${text}\n`);
  writeFileSync(variables, lines.join(''), { mode: 0o600 });
  writeFileSync(markerFile(options.directory), name);
  await run('docker', ['run', '--detach', '--env-file', variables, ...identity, ...ports, image]).catch((error) => {
    throw new Problem(`Docker could not start ${image}: ${reasonOf(error)}`);
  });
  const { directory, signal } = options;
  const { broker, version } = await prepareBroker({ directory, amqpPort: amqp, managementPort: management, signal });
  note(`RabbitMQ ${version} in a container on 127.0.0.1:${amqp}`);
  return broker;
}

export async function stopDockerBroker(directory: string): Promise<void> {
  const name = containerName(directory);
  await run('docker', ['stop', '-t', '20', name]).catch(() => undefined);
  await run('docker', ['rm', '--force', name]).catch(() => undefined);
  rmSync(markerFile(directory), { force: true });
}

export async function removeDockerData(directory: string): Promise<void> {
  await run('docker', ['volume', 'rm', '--force', containerName(directory)]).catch(() => undefined);
}
