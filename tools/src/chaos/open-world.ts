import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withPath } from '@quickstep/shared/config';
import { stateDirectory } from '../paths.js';
import { Problem } from '../problem.js';
import { readRecords } from '../processes.js';
import type { Progress } from '../progress.js';
import { provision, type Servers } from '../provision/index.js';
import { stopServers, stopServices } from '../provision/leftovers.js';
import { postgresAccount, postgresHome } from '../provision/postgres-account.js';
import { databaseUrl, serviceNamed } from '../services.js';
import { startCluster } from './cluster.js';
import { PrivateServers } from './private-servers.js';
import { SmallDisk } from './small-disk.js';
import type { World } from './world.js';
import { worldOn } from './world-on.js';

export interface WorldOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Of each service. */
  readonly replicas: number;
  /** Of the broker. */
  readonly nodes: number;
  readonly otherVersion: string | undefined;
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
  if (readRecords(directory).length > 0)
    throw new Problem(`Processes of an earlier run do not end; their records: ${directory}/run`);
  SmallDisk.unmountBelow(directory);
  const home = postgresHome(directory, postgresAccount());
  SmallDisk.unmount(home);
  for (const folder of [home, directory]) rmSync(folder, { recursive: true, force: true });
}

/** All services on servers of their own, whatever the environment names: what is killed here must be nobody else's. */
export async function openWorld(options: WorldOptions): Promise<OpenWorld> {
  const { progress, signal, nodes, otherVersion } = options;
  await clear();
  mkdirSync(join(directory, 'logs'), { recursive: true });
  const smallDisk = await SmallDisk.mount(postgresHome(directory, postgresAccount()));
  for (const name of ['RABBITMQ_URL', 'POSTGRES_URL', 'RABBITMQ_MANAGEMENT_URL']) delete process.env[name];
  const servers = await provision({ directory, progress, signal });
  const brokerUrl = new URL(servers.rabbitmqUrl);
  const administrator = {
    rabbitmqUrl: withPath(servers.administrator.rabbitmqUrl, brokerUrl.pathname),
    postgresUrl: servers.administrator.postgresUrl,
  };
  const label = `cluster of ${nodes} brokers`;
  const clustered = nodes > 1;
  const cluster = clustered
    ? await progress.step(label, () => startCluster(directory, nodes, administrator.rabbitmqUrl))
    : undefined;
  const stop = async () => {
    await cluster?.stop();
    await servers.stop();
    await clear();
  };
  try {
    const given = {
      ...options,
      ...{ directory, administrator, env: {}, installationSecretFile: servers.installationSecretFile },
      brokerUrlOf: () => servers.rabbitmqUrl,
      databaseUrlOf: (service: string) => databaseUrl(servers.postgresUrl, serviceNamed(service)),
      managementUrl: () => cluster?.managementUrl() ?? servers.managementUrl ?? '',
      brokerTarget: cluster?.target,
    };
    const ports = { rabbitmq: Number(brokerUrl.port), postgres: Number(new URL(servers.postgresUrl).port) };
    const own = { servers: new PrivateServers(directory, ports), smallDisk, cluster, otherVersion };
    const { world, close } = await progress.step('services and sample catalogue', () => worldOn(given, own));
    const closeAll = async () => {
      await progress.step('services stopped', close);
      await progress.step('broker and database stopped', stop);
    };
    return { world, servers, close: closeAll };
  } catch (error) {
    await stop();
    throw error;
  }
}
