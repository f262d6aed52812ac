import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stateDirectory } from '../paths.js';
import { Problem } from '../problem.js';
import { readRecords } from '../processes.js';
import type { Progress } from '../progress.js';
import { provision, type Servers } from '../provision/index.js';
import { stopServers, stopServices } from '../provision/leftovers.js';
import { postgresAccount, postgresHome } from '../provision/postgres-account.js';
import { seed } from '../seed.js';
import { serviceNamed } from '../services.js';
import { until } from '../wait.js';
import { settableClock } from './clock/clock.js';
import { type BrokerCluster, startCluster } from './cluster.js';
import { Databases } from './databases.js';
import { Fleet } from './fleet.js';
import { managementOf } from './management.js';
import { PrivateServers } from './private-servers.js';
import { BrokerProxy } from './proxy/broker-proxy.js';
import { DatabaseProxy } from './proxy/database-proxy.js';
import type { Target } from './proxy/tcp-proxy.js';
import { randomFrom } from './random.js';
import { SmallDisk } from './small-disk.js';
import type { World } from './world.js';

export interface WorldOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Of each service. */
  readonly replicas: number;
  /** Of the broker. */
  readonly nodes: number;
  readonly otherVersion: string | undefined;
  /** Settings of the services besides their defaults. */
  readonly env?: NodeJS.ProcessEnv;
  tell(text: string): void;
}

export interface OpenWorld {
  readonly world: World;
  readonly servers: Servers;
  close(): Promise<void>;
}

export const directory = join(stateDirectory, 'chaos', 'servers');

/** What a run that was killed has left: processes, a mounted disk, data. */
async function clear(): Promise<void> {
  await stopServices(directory);
  await stopServers(directory);
  // A postgres below an empty disk cannot be asked to end in order; its record is enough to end it.
  if (readRecords(directory).length > 0)
    throw new Problem(`Processes of an earlier run do not end; their records: ${directory}/run`);
  SmallDisk.unmountBelow(stateDirectory);
  rmSync(directory, { recursive: true, force: true });
}

/** Servers of its own, and the five services, each behind a way to the broker and one to the database that can be disturbed. */
export async function openWorld(options: WorldOptions): Promise<OpenWorld> {
  const { progress, signal, nodes } = options;
  await clear();
  mkdirSync(directory, { recursive: true });
  const smallDisk = await SmallDisk.mount(postgresHome(directory, postgresAccount()));
  const servers = await ownServers(progress, signal);
  const cluster =
    nodes === 1 ? undefined : await progress.step(`cluster of ${nodes} brokers`, () => startCluster(directory, nodes, signal));
  const brokerUrl = new URL(cluster?.url ?? servers.rabbitmqUrl);
  const brokerTarget = (): Target => cluster?.target() ?? targetOf(brokerUrl, 5_672);
  const fleetOf = await waysOf(options, servers, brokerUrl, brokerTarget);
  const world: World = {
    ...fleetOf,
    random: randomFrom(0),
    management: managementOf(
      cluster?.managementUrl ?? servers.managementUrl ?? '',
      cluster?.administratorUrl ?? servers.administrator.rabbitmqUrl,
      decodeURIComponent(brokerUrl.pathname.slice(1)),
    ),
    amqpUrl: withPath(cluster?.administratorUrl ?? servers.administrator.rabbitmqUrl, brokerUrl.pathname),
    servers: new PrivateServers(directory, {
      rabbitmq: Number(brokerUrl.port),
      postgres: Number(new URL(servers.postgresUrl).port),
    }),
    smallDisk,
    postgresLog: join(directory, 'logs', 'postgres.log'),
    cluster,
    otherVersion: options.otherVersion,
  };
  const close = async () => {
    await progress.step('services stopped', () => world.fleet.stop());
    await world.databases.close();
    for (const way of [...world.brokerWay.values(), ...world.databaseWay.values()]) way.close();
    await progress.step('broker and database stopped', async () => {
      await cluster?.stop();
      await servers.stop();
      await clear();
    });
  };
  try {
    await start(world, options);
  } catch (error) {
    await close();
    throw error;
  }
  return { world, servers, close };
}

/** Whatever the environment names: what is killed here must be nobody else's. */
async function ownServers(progress: Progress, signal: AbortSignal): Promise<Servers> {
  for (const name of ['RABBITMQ_URL', 'POSTGRES_URL', 'RABBITMQ_MANAGEMENT_URL']) delete process.env[name];
  return provision({ directory, progress, signal });
}

async function waysOf(options: WorldOptions, servers: Servers, brokerUrl: URL, brokerTarget: () => Target) {
  const { replicas, signal, tell } = options;
  const databaseTarget = targetOf(new URL(servers.postgresUrl), 5_432);
  const clocks = join(directory, 'clocks');
  mkdirSync(clocks);
  const brokerWay = new Map<string, BrokerProxy>();
  const databaseWay = new Map<string, DatabaseProxy>();
  const databaseOf = (service: string) => serviceNamed(service).database;
  const fleet = new Fleet({
    directory,
    installationSecretFile: servers.installationSecretFile,
    replicas,
    signal,
    tell,
    envOf: (service) => ({
      RABBITMQ_URL: brokerWay.get(service)?.through(brokerUrl.href),
      POSTGRES_URL: databaseWay.get(service)?.through(withPath(servers.postgresUrl, `/${databaseOf(service)}`)),
      ...settableClock(clocks),
      ...options.env,
    }),
  });
  for (const service of fleet.names) {
    brokerWay.set(service, await BrokerProxy.open(brokerTarget));
    databaseWay.set(service, await DatabaseProxy.open(() => databaseTarget));
  }
  const databases = new Databases((service) => withPath(servers.administrator.postgresUrl, `/${databaseOf(service)}`));
  return { fleet, databases, brokerWay, databaseWay, clocks, databaseOf };
}

async function start({ fleet, databases }: World, { progress, signal }: WorldOptions): Promise<void> {
  await progress.step(`${fleet.names.length} services`, () => fleet.start());
  await progress.step('sample catalogue', async () => {
    const items = await seed(fleet.one('inventory-service').url);
    const known = async () => {
      const [row] = await databases.ask<{ items: number }>(
        'order-service',
        'select count(*)::int as items from catalogue_items',
        [],
      );
      return (row?.items ?? 0) >= items;
    };
    await until(known, { timeoutMs: 60_000, signal, failure: 'The catalogue did not reach the order service' });
  });
}

function targetOf({ hostname, port }: URL, standard: number): Target {
  return { host: hostname, port: Number(port) || standard };
}

function withPath(url: string, path: string): string {
  const changed = new URL(url);
  changed.pathname = path;
  return changed.href;
}

export type { BrokerCluster };
