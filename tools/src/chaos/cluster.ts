import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../problem.js';
import { isRunning, launchOf, readRecords, type StartOptions, startDetached, stopProcess } from '../processes.js';
import { accepts } from '../provision/given-server.js';
import { freePort } from '../provision/ports.js';
import { until } from '../wait.js';
import { managementAt } from './management.js';
import type { Target } from './proxy/tcp-proxy.js';
import type { Cluster } from './world.js';

const run = promisify(execFile);
const BOOT_MS = 120_000;

interface Node {
  /** `quickstep@localhost` */
  readonly name: string;
  /** Under which its process is recorded. */
  readonly record: string;
  readonly amqp: number;
  readonly management: number;
}

export interface BrokerCluster extends Cluster {
  /** A node that is up; each time the next. */
  target(): Target;
  /** Of the management API of a node that is up. */
  managementUrl(): string;
  /** Ends the nodes that were added. */
  stop(): Promise<void>;
}

/** What the first node's configuration says. */
function setting(configuration: string, name: string): string {
  const found = new RegExp(`^${name.replaceAll('.', '\\.')} = (.+)$`, 'm').exec(configuration)?.[1];
  if (found === undefined)
    throw new Problem(`The broker's configuration has no ${name}: a cluster needs RabbitMQ as a process of this machine`);
  return found;
}

/**
 * Adds nodes to the broker of this directory until there are so many: on this machine, with the first one's cookie and port mapper. Queues
 * that are declared from then on are replicated to three of them (https://www.rabbitmq.com/docs/quorum-queues).
 *
 * @param administrator AMQP URL of an administrator, with the virtual host
 */
export async function startCluster(directory: string, count: number, administrator: string): Promise<BrokerCluster> {
  const launch = launchOf(directory, 'rabbitmq');
  const configurationFile = launch.env.RABBITMQ_CONFIG_FILE ?? '';
  const configuration = readFileSync(configurationFile, 'utf8');
  const first: Node = {
    name: launch.env.RABBITMQ_NODENAME ?? '',
    record: 'rabbitmq',
    amqp: Number(setting(configuration, 'listeners.tcp.1').split(':').at(-1)),
    management: Number(setting(configuration, 'management.tcp.port')),
  };
  const nodes = [first];
  const up = new Set([first.name]);
  const control = (node: Node, ...args: string[]) =>
    run(join(dirname(launch.command), 'rabbitmqctl'), args, { env: launchOf(directory, node.record).env, timeout: 60_000 });
  const boot = async (node: Node, start: StartOptions) => {
    const process = startDetached(start);
    const answers = async () => {
      if (!isRunning(process)) throw new Problem(`${node.name} ended while it started; its log: ${start.logFile}`);
      return accepts({ host: '127.0.0.1', port: node.amqp });
    };
    await until(answers, { timeoutMs: BOOT_MS, everyMs: 100, failure: `${node.name} did not take connections` });
    up.add(node.name);
  };
  for (let number = 2; number <= count; number++) {
    const { node, start } = await planned(number, launch, configuration, first);
    await boot(node, start);
    for (const args of [['stop_app'], ['join_cluster', first.name], ['start_app']]) await control(node, ...args);
    nodes.push(node);
  }
  const alive = () => nodes.filter(({ name }) => up.has(name));
  const called = (name: string) => nodes.find((node) => node.name === name) ?? first;
  const managementUrl = () => `http://127.0.0.1:${(alive()[0] ?? first).management}`;
  const management = managementAt(managementUrl, administrator);
  let turn = 0;
  return {
    running: () => alive().map(({ name }) => name),
    target: () => ({ host: '127.0.0.1', port: (alive()[turn++ % alive().length] ?? first).amqp }),
    managementUrl,
    async kill(name) {
      const record = readRecords(directory).find((each) => each.name === called(name).record);
      up.delete(name);
      if (record !== undefined) await stopProcess(directory, { ...record, stopSignal: 'SIGKILL' });
    },
    start: (name) => boot(called(name), launchOf(directory, called(name).record)),
    async leaders() {
      const queues = await management<{ name: string; leader?: string }[]>('/queues/{vhost}');
      const led = queues.filter(({ name }) => name.endsWith('-service')).map(({ name, leader = '' }) => [name, leader]);
      return Object.fromEntries(led);
    },
    async stop() {
      const records = readRecords(directory).filter(({ name }) =>
        nodes.some(({ record }) => record === name && record !== 'rabbitmq'),
      );
      await Promise.all(records.map((record) => stopProcess(directory, { ...record, stopSignal: 'SIGKILL' })));
    },
  };
}

async function planned(number: number, launch: StartOptions, configuration: string, first: Node) {
  const home = launch.env.HOME ?? '';
  const [amqp, management, prometheus, distribution] = await Promise.all(Array.from({ length: 4 }, () => freePort()));
  const name = first.name.replace('@', `${number}@`);
  const record = `rabbitmq-${number}`;
  const file = join(home, `${record}.conf`);
  const own = configuration
    .replace(/^(listeners\.tcp\.1 = .*:)\d+$/m, `$1${amqp}`)
    .replace(/^(management\.tcp\.port = )\d+$/m, `$1${management}`)
    .replace(/^(prometheus\.tcp\.port = )\d+$/m, `$1${prometheus}`)
    .replace(/^(log\.file = .*)\.log$/m, `$1-${number}.log`);
  writeFileSync(file, own, { mode: 0o600 });
  const data = join(home, `data-${number}`);
  mkdirSync(data, { recursive: true });
  const env = {
    ...launch.env,
    RABBITMQ_NODENAME: name,
    RABBITMQ_MNESIA_BASE: data,
    RABBITMQ_CONFIG_FILE: file,
    RABBITMQ_PID_FILE: join(home, `${record}.pid`),
    RABBITMQ_DIST_PORT: `${distribution}`,
  };
  const node: Node = { name, record, amqp: amqp ?? 0, management: management ?? 0 };
  return { node, start: { ...launch, name: record, env, logFile: join(dirname(launch.logFile), `${record}-console.log`) } };
}
