import { mkdirSync } from 'node:fs';
import type { Progress } from '../progress.js';
import { createTemporaryDirectory, removeTemporaryDirectory, stopServers } from './leftovers.js';
import { providePostgres } from './postgres.js';
import type { ManagementLogin } from './provided.js';
import { provideRabbitmq } from './rabbitmq.js';
import { secretOf } from './secrets.js';

export interface ProvisionOptions {
  /** Data, logs and the records of what runs; what an interrupted run left in it is stopped first, its data is kept. */
  directory: string;
  progress: Progress;
  /** Take the well-known ports when they are free. */
  standardPorts?: boolean;
  /** See `ServerOptions`. */
  forTests?: boolean;
  signal?: AbortSignal | undefined;
}

export interface ServerUrls {
  rabbitmqUrl: string;
  postgresUrl: string;
}

/** With the account of the services: it creates databases, and has one virtual host. */
export interface Servers extends ServerUrls {
  /** Without credentials. */
  managementUrl?: string;
  /** Who may do everything, for tests and for people. The same as that of the services where the environment names the server. */
  administrator: ServerUrls;
  /** Where an administrator of a private broker finds the password for the management UI. */
  managementLogin?: ManagementLogin;
  /** A random value that only this installation has, for what must not be guessed. */
  installationSecretFile: string;
  stop(): Promise<void>;
}

/** A broker and a database, ready to use: those of RABBITMQ_URL and POSTGRES_URL, or private ones. */
export async function provision(options: ProvisionOptions): Promise<Servers> {
  const { directory, progress, standardPorts = false } = options;
  // Data, logs and secrets of the servers and services, whoever of them writes it, are for this user alone.
  process.umask(0o077);
  mkdirSync(directory, { recursive: true });
  await stopServers(directory);
  const [broker, database] = await Promise.allSettled([
    progress.step('RabbitMQ', (note) => provideRabbitmq({ ...options, standardPorts }, note)),
    progress.step('PostgreSQL', (note) => providePostgres({ ...options, standardPorts }, note)),
  ]);
  if (broker.status === 'fulfilled' && database.status === 'fulfilled') {
    const { url: rabbitmqUrl, administratorUrl, ...management } = broker.value;
    const { url: postgresUrl, administratorUrl: postgresAdministratorUrl } = database.value;
    return {
      rabbitmqUrl,
      postgresUrl,
      ...management,
      administrator: { rabbitmqUrl: administratorUrl, postgresUrl: postgresAdministratorUrl },
      installationSecretFile: secretOf(directory, 'installation-secret').file,
      stop: () => stopServers(directory),
    };
  }
  await stopServers(directory);
  throw broker.status === 'rejected' ? broker.reason : (database as PromiseRejectedResult).reason;
}

/** For one run: servers with nothing in them, whose directory is removed when they stop. */
export async function provisionTemporary(options: Omit<ProvisionOptions, 'directory'>): Promise<Servers & { directory: string }> {
  const directory = await createTemporaryDirectory();
  try {
    const servers = await provision({ ...options, directory });
    return { ...servers, directory, stop: () => removeTemporaryDirectory(directory) };
  } catch (error) {
    await removeTemporaryDirectory(directory);
    throw error;
  }
}
