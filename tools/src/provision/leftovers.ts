import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { claim, claimant } from '../claim.js';
import { stateDirectory } from '../paths.js';
import { readRecords, stopProcess } from '../processes.js';
import { removePostgresHome } from './postgres-account.js';
import { isDockerBroker, removeDockerData, stopDockerBroker } from './rabbitmq-docker.js';

const prefix = 'temporary-';

const serverNames = ['postgres', 'rabbitmq', 'epmd'];

/** Stops the broker and the database that run in this directory, whoever started them: only the records count. */
export async function stopServers(directory: string): Promise<void> {
  const records = readRecords(directory);
  const stop = (name: string) =>
    Promise.all(records.filter((record) => record.name === name).map((record) => stopProcess(directory, record)));
  await Promise.all([stop('postgres'), stop('rabbitmq'), isDockerBroker(directory) && stopDockerBroker(directory)]);
  await stop('epmd');
}

/** Everything else that is recorded there: the services of an interrupted run. */
export async function stopServices(directory: string): Promise<void> {
  const services = readRecords(directory).filter((record) => !serverNames.includes(record.name));
  await Promise.all(services.map((record) => stopProcess(directory, record)));
}

/** A broker whose data is about to be removed need not spend seconds on an orderly end. */
export async function discardServers(directory: string): Promise<void> {
  const broker = readRecords(directory).find((record) => record.name === 'rabbitmq');
  if (broker) await stopProcess(directory, { ...broker, stopSignal: 'SIGKILL' });
  await stopServers(directory);
}

/** A new directory for one run. Those of runs that were killed are cleared away first. */
export async function createTemporaryDirectory(): Promise<string> {
  await removeAbandoned();
  const name = randomUUID().slice(0, 8);
  const directory = join(stateDirectory, `${prefix}${name}`);
  // It gets its name once it is claimed: another run must not take it for abandoned.
  const unclaimed = join(stateDirectory, `new-${name}`);
  mkdirSync(unclaimed, { recursive: true });
  claim(unclaimed, '');
  renameSync(unclaimed, directory);
  return directory;
}

export async function removeTemporaryDirectory(directory: string): Promise<void> {
  const inContainer = isDockerBroker(directory);
  await stopServices(directory);
  await discardServers(directory);
  if (inContainer) await removeDockerData(directory);
  removePostgresHome(directory);
  rmSync(directory, { recursive: true, force: true });
}

async function removeAbandoned(): Promise<void> {
  if (!existsSync(stateDirectory)) return;
  for (const name of readdirSync(stateDirectory).filter((entry) => entry.startsWith(prefix))) {
    const directory = join(stateDirectory, name);
    if (!claimant(directory)) await removeTemporaryDirectory(directory);
  }
}
