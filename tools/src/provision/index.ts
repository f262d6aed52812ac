import { mkdirSync } from 'node:fs';
import type { Progress } from '../progress.js';
import { createTemporaryDirectory, removeTemporaryDirectory, stopServers } from './leftovers.js';
import { providePostgres } from './postgres.js';
import { provideRabbitmq } from './rabbitmq.js';

export interface ProvisionOptions {
  /** Data, logs and the records of what runs; what an interrupted run left in it is stopped first, its data is kept. */
  directory: string;
  progress: Progress;
  /** Take the well-known ports when they are free. */
  standardPorts?: boolean;
  signal?: AbortSignal | undefined;
}

export interface Servers {
  rabbitmqUrl: string;
  /** Without credentials: they are those of `rabbitmqUrl`. */
  managementUrl?: string;
  postgresUrl: string;
  stop(): Promise<void>;
}

/** A broker and a database, ready to use: those of RABBITMQ_URL and POSTGRES_URL, or private ones. */
export async function provision({ directory, progress, standardPorts = false, signal }: ProvisionOptions): Promise<Servers> {
  mkdirSync(directory, { recursive: true });
  await stopServers(directory);
  const options = { directory, standardPorts, signal };
  const [broker, database] = await Promise.allSettled([
    progress.step('RabbitMQ', (note) => provideRabbitmq(options, note)),
    progress.step('PostgreSQL', (note) => providePostgres(options, note)),
  ]);
  if (broker.status === 'fulfilled' && database.status === 'fulfilled') {
    const { url, managementUrl } = broker.value;
    const management = managementUrl === undefined ? {} : { managementUrl };
    return { rabbitmqUrl: url, ...management, postgresUrl: database.value.url, stop: () => stopServers(directory) };
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
