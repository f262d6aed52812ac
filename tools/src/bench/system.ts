import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { consoleUrl } from '../console-url.js';
import { echoProblems } from '../log-echo.js';
import { root } from '../paths.js';
import { readRecords } from '../processes.js';
import { type Progress, paint } from '../progress.js';
import { provisionTemporary } from '../provision/index.js';
import { freePort } from '../provision/ports.js';
import { seedThrough } from '../seed.js';
import { operationsService, type Service, sagaServices as services, specOf } from '../services.js';
import { type ServiceSpec, type SupervisedService, supervise } from '../supervisor.js';
import { type LoadGenerator, startLoad } from './load/generator.js';
import { cpuSecondsOf, hasProc, type Memory, memoryOf, sharedMemoryOf, treeOf } from './machine.js';
import { readMetrics } from './service-metrics.js';
import { sum } from './statistics.js';
import { Watchers } from './watchers.js';

export interface SystemOptions {
  progress: Progress;
  signal: AbortSignal;
  /** Of each service. */
  replicas: number;
  /** Settings of the services besides their defaults. */
  env: NodeJS.ProcessEnv;
  /** Starts the operator's service too, which follows the logs of the others. */
  operations?: boolean | undefined;
  /** With the operator's service: metrics are scraped, one trace in ten is sent, and a browser shows the console's map. */
  watched?: boolean | undefined;
  /** Where the services write their processor profiles, if they are to be profiled. */
  profile?: string | undefined;
  /** The checkout whose services run; this one if it is not given. */
  from?: string | undefined;
}

/** What is measured together: one service with its replicas, the broker, the database, the load. */
export interface ProcessGroup {
  name: string;
  cpuSeconds(): number;
  memory(): Memory;
}

export interface System {
  rabbitmqUrl: string;
  postgresUrl: string;
  /** Fresh servers of this run alone, unless the environment names others. */
  directory: string;
  groups: ProcessGroup[];
  load: LoadGenerator;
  services(): SupervisedService[];
  instances(service: string): SupervisedService[];
  urls(service: string): string[];
  stop(): Promise<void>;
}

/** Fresh servers and the services as `npm start` runs them, on ports of their own, with the sample catalogue in. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { progress, signal, replicas, profile, from = root } = options;
  const servers = await provisionTemporary({ progress, signal });
  const running = new Map<string, SupervisedService[]>();
  const warn = (text: string) => progress.line(`  ${paint(process.stdout, 33, '!')} ${text}`);
  const echoes: (() => void)[] = [];
  const watchers = options.watched ? await Watchers.start() : undefined;
  const env = { ...options.env, ...watchers?.settings() };
  let load: LoadGenerator | undefined;
  const stop = async () => {
    load?.stop();
    await watchers?.stop();
    await progress.step('services stopped', () => Promise.all([...running.values()].flat().map((each) => each.stop())));
    for (const end of echoes) end();
    await progress.step('broker and database stopped', () => servers.stop());
  };
  const instances = (service: string) => running.get(service) ?? [];
  const urls = (service: string) => instances(service).map(({ url }) => url);
  try {
    // Another commit may not have all of today's services.
    const present = services.filter(({ name }) => existsSync(join(from, name)));
    for (const service of present) running.set(service.name, await startReplicas(service, replicas));
    const all = [...running.values()].flat();
    echoes.push(...all.map((each) => echoProblems(each.name, each.logFile, warn)));
    await progress.step(
      replicas === 1 ? `${all.length} services` : `${present.length} services, ${replicas} of each`,
      async () => {
        await Promise.all(all.map((each) => each.ready(signal)));
      },
    );
    await progress.step('sample catalogue', () => seedEverywhere(urls, signal));
    if (options.operations) await progress.step('operations-service', startOperations);
    watchers?.open([...running.keys()].flatMap(urls), mapUrl(), servers.directory);
    load = await startLoad({ rabbitmqUrl: servers.rabbitmqUrl, targets: urls('order-service').map(targetOf) });
    const { rabbitmqUrl, postgresUrl, directory } = servers;
    const groups = groupsOf(directory, instances, load);
    if (watchers !== undefined) groups.push(group('browser', () => watchers.pids(), addedUp));
    const started = () => [...running.values()].flat();
    return { rabbitmqUrl, postgresUrl, directory, groups, load, services: started, instances, urls, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function startOperations(): Promise<void> {
    const followed = services.map(({ name }) => `${name}=${urls(name)[0]}`).join(',');
    const settings = { ...env, SERVICE_URLS: followed };
    const spec = specOf({
      service: operationsService,
      servers,
      directory: servers.directory,
      port: await freePort(),
      env: settings,
      from,
    });
    const started = supervise(profiled(spec, profile), warn);
    running.set(operationsService.name, [started]);
    await started.ready(signal);
  }

  function mapUrl(): string {
    const [url = ''] = urls(operationsService.name);
    return consoleUrl(url, readFileSync(servers.installationSecretFile, 'utf8'), 'reader');
  }

  async function startReplicas(service: Service, count: number): Promise<SupervisedService[]> {
    const started: SupervisedService[] = [];
    for (let replica = 1; replica <= count; replica++) {
      const spec = specOf({ service, servers, directory: servers.directory, port: await freePort(), replica, env, from });
      started.push(supervise(profiled(spec, profile), warn));
    }
    return started;
  }
}

/** Node.js writes the profile when the process ends, and puts its id in: no system or restart overwrites what another wrote. */
function profiled(spec: ServiceSpec, directory: string | undefined): ServiceSpec {
  if (directory === undefined) return spec;
  const name = `${spec.name}-\${pid}.cpuprofile`;
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}`];
  return { ...spec, nodeArguments: [...spec.nodeArguments, ...profiling] };
}

const targetOf = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });

async function seedEverywhere(urls: (service: string) => string[], signal: AbortSignal): Promise<void> {
  const [inventory = ''] = urls('inventory-service');
  const handled = async () => sum(Object.values((await readMetrics(urls('order-service'))).handled));
  await seedThrough(inventory, handled, signal);
}

function groupsOf(directory: string, instances: (service: string) => SupervisedService[], load: LoadGenerator): ProcessGroup[] {
  if (!hasProc) return [];
  const records = readRecords(directory);
  const server = (name: string) => records.filter((record) => record.name === name).map(({ pid }) => pid);
  const pidsOf = (name: string) => instances(name).flatMap((each) => each.pid() ?? []);
  return [
    ...[...services, operationsService]
      .filter(({ name }) => instances(name).length > 0)
      .map(({ name }) => group(name, () => pidsOf(name), addedUp)),
    group('RabbitMQ', () => server('rabbitmq').flatMap(treeOf), addedUp),
    group('PostgreSQL', () => server('postgres').flatMap(treeOf), shared),
    group('load', () => [load.pid() ?? 0], addedUp),
  ];
}

function group(name: string, pids: () => number[], memory: (pids: number[]) => Memory): ProcessGroup {
  return {
    name,
    cpuSeconds: () => pids().reduce((total, pid) => total + cpuSecondsOf(pid), 0),
    memory: () => memory(pids()),
  };
}

function addedUp(pids: number[]): Memory {
  const each = pids.map(memoryOf);
  return { now: each.reduce((total, { now }) => total + now, 0), peak: each.reduce((total, { peak }) => total + peak, 0) };
}

/** No peak is known of them together but the highest sample. */
function shared(pids: number[]): Memory {
  const now = sharedMemoryOf(pids);
  return { now, peak: now };
}
