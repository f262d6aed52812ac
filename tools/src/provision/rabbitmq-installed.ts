import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { inherited } from '../environment.js';
import { isRunning, startDetached, startFailure } from '../processes.js';
import type { Note } from '../progress.js';
import { until } from '../wait.js';
import { accepts } from './given-server.js';
import { freePort } from './ports.js';
import type { Broker } from './provided.js';
import { administrator, administratorSecret, prepareBroker } from './rabbitmq-management.js';
import type { ServerOptions } from './server-options.js';

interface Ports {
  amqp: number;
  management: number;
  prometheus: number;
  distribution: number;
  epmd: number;
}

/**
 * A process heap beyond 512 kB has memory mapped for it, and given back, at every garbage collection: a busy queue collects all the
 * time. From shared blocks instead (https://www.erlang.org/doc/apps/erts/erts_alloc.html), which takes a tenth of the broker's time away;
 * and a process collects for the sake of the messages that it has passed on only after 8 MB of them (`+hmbs`, in words).
 */
const largeHeaps = '+MHsbct 16384 +MHlmbcs 32768 +MHsmbcs 8192 +hmbs 1000000';

/**
 * How long the broker waits before it sends a dead-lettered message again whose target did not take it: its queue was away, or its leader
 * died. The default is three minutes, in which a message that has waited for its retry waits on (seen when a node of a cluster was killed).
 */
export const deadLettersAgain = '-rabbit dead_letter_worker_publisher_confirm_timeout 5000';

/** The management tells what it knew up to five seconds ago: tests would wait that long for each connection that they look for. */
export const statisticsOf = ({ forTests }: ServerOptions): string => (forTests ? '-rabbit collect_statistics_interval 500' : '');

/** Where packages put the server's own script. Debian's wrapper in /usr/sbin would switch to the system broker's user and folders. */
const usualDirectories = [
  '/usr/lib/rabbitmq/bin',
  '/opt/rabbitmq/sbin',
  '/opt/homebrew/opt/rabbitmq/sbin',
  '/usr/local/opt/rabbitmq/sbin',
  '/usr/local/sbin',
];

export function findInstalled(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((path) => path !== '/usr/sbin' && path !== '/sbin');
  return [...usualDirectories, ...onPath].map((path) => join(path, 'rabbitmq-server')).find((file) => existsSync(file));
}

/** A node of its own: its ports, data, cookie and port mapper (epmd) belong to this directory alone. */
export async function startInstalledBroker(script: string, options: ServerOptions, note: Note): Promise<Broker> {
  const ports = await choosePorts(options.standardPorts);
  const home = join(options.directory, 'rabbitmq');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const env = environment(home, ports, statisticsOf(options));
  writeFileSync(join(home, 'rabbitmq.conf'), configuration(ports, options.directory), { mode: 0o600 });
  writeFileSync(join(home, 'enabled_plugins'), '[rabbitmq_management,rabbitmq_prometheus].\n');
  await startPortMapper(options, env, ports.epmd);
  // Up to 3.13 its orderly end takes five seconds longer: the management agent waits for one statistics interval.
  const server = startDetached({
    directory: options.directory,
    name: 'rabbitmq',
    command: script,
    args: [],
    env,
    logFile: join(options.directory, 'logs', 'rabbitmq-console.log'),
  });
  const { broker, version } = await prepareBroker({
    directory: options.directory,
    amqpPort: ports.amqp,
    managementPort: ports.management,
    signal: options.signal,
    check: () => {
      if (!isRunning(server)) throw startFailure(server);
    },
  });
  await until(() => accepts({ host: '127.0.0.1', port: ports.amqp }), {
    timeoutMs: 30_000,
    signal: options.signal,
    failure: 'RabbitMQ did not listen',
  });
  note(`RabbitMQ ${version} on 127.0.0.1:${ports.amqp}`);
  return broker;
}

async function choosePorts(standard: boolean): Promise<Ports> {
  const [amqp, management, prometheus] = standard ? [5672, 15672, 15692] : [];
  return {
    amqp: await freePort(amqp),
    management: await freePort(management),
    prometheus: await freePort(prometheus),
    distribution: await freePort(),
    epmd: await freePort(),
  };
}

function environment(home: string, ports: Ports, statistics: string): NodeJS.ProcessEnv {
  return {
    ...inherited(),
    HOME: home,
    RABBITMQ_NODENAME: 'quickstep@localhost',
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(dirname(home), 'logs'),
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: join(home, 'conf.d'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(home, 'advanced.config'),
    // Of the system broker's settings none must apply here: this file does not exist.
    RABBITMQ_CONF_ENV_FILE: join(home, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
    RABBITMQ_PID_FILE: join(home, 'rabbitmq.pid'),
    RABBITMQ_DIST_PORT: `${ports.distribution}`,
    // The script then becomes the Erlang process instead of keeping it as a child, which would survive the script's SIGKILL.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${largeHeaps} ${deadLettersAgain} ${statistics} -noinput -kernel inet_dist_use_interface {127,0,0,1}`,
    ERL_EPMD_PORT: `${ports.epmd}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

function configuration(ports: Ports, directory: string): string {
  const logs = join(directory, 'logs');
  return [
    // Read at the first start only.
    `default_user = ${administrator}`,
    `default_pass = ${administratorSecret(directory).value}`,
    'default_user_tags.administrator = true',
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.management}`,
    'prometheus.tcp.ip = 127.0.0.1',
    `prometheus.tcp.port = ${ports.prometheus}`,
    `log.file = ${join(logs, 'rabbitmq.log')}`,
    'log.file.rotation.size = 10485760',
    'log.file.rotation.count = 3',
    '',
  ].join('\n');
}

/** Started here rather than by Erlang, which would leave it running as a daemon that nobody knows. */
async function startPortMapper(options: ServerOptions, env: NodeJS.ProcessEnv, port: number): Promise<void> {
  const mapper = startDetached({
    directory: options.directory,
    name: 'epmd',
    command: findPortMapper(),
    args: ['-port', `${port}`, '-address', '127.0.0.1'],
    env,
    logFile: join(options.directory, 'logs', 'epmd.log'),
  });
  const listening = async () => {
    if (!isRunning(mapper)) throw startFailure(mapper);
    return accepts({ host: '127.0.0.1', port });
  };
  await until(listening, { timeoutMs: 10_000, signal: options.signal, failure: 'The Erlang port mapper (epmd) did not listen' });
}

function findPortMapper(): string {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((path) => join(path, 'epmd'));
  const found = onPath.find((file) => existsSync(file));
  if (found) return found;
  const expression =
    'io:format("~s", [filename:join([code:root_dir(), "erts-" ++ erlang:system_info(version), "bin", "epmd"])]), halt().';
  return execFileSync('erl', ['-noinput', '-boot', 'start_clean', '-eval', expression], { encoding: 'utf8' });
}
