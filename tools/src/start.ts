import { join, resolve } from 'node:path';
import { readArguments } from './arguments.js';
import { claim, release } from './claim.js';
import { echoProblems } from './log-echo.js';
import { root, stateDirectory } from './paths.js';
import { Problem } from './problem.js';
import { isRunning, readRecords } from './processes.js';
import { createProgress, type Progress, paint } from './progress.js';
import { provision, type Servers } from './provision/index.js';
import { stopServers, stopServices } from './provision/leftovers.js';
import { isFree } from './provision/ports.js';
import { command, interruption } from './run.js';
import { seed } from './seed.js';
import { operationsService, portOf, serviceNamed, services, specOf, startingOrder } from './services.js';
import { keepPrivateTopology, setUpPrivate } from './setup/private.js';
import { addresses, help, invitation, serviceUrl } from './start-text.js';
import { type SupervisedService, supervise } from './supervisor.js';
import { watchServers } from './watch-servers.js';

interface Options {
  directory: string;
  from: string;
}

export const main = command(async (args, signal) => {
  const { values } = readArguments(args, { help: { type: 'boolean' }, data: { type: 'string' }, services: { type: 'string' } });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const options = { directory: resolve(values.data ?? join(stateDirectory, 'start')), from: resolve(values.services ?? root) };
  const other = claim(options.directory, addresses());
  if (other) throw new Problem(`Quickstep is already running (process ${other.pid}):\n${other.message}`);
  try {
    await run(options, createProgress(), signal);
    return 0;
  } finally {
    release(options.directory);
  }
});

async function run({ directory, from }: Options, progress: Progress, signal: AbortSignal): Promise<void> {
  await stopLeftovers(directory, progress);
  await checkPorts();
  const servers = await provision({ directory, progress, standardPorts: true, signal });
  const warn = (text: string) => progress.line(`  ${paint(process.stdout, 33, '!')} ${text}`);
  const running: SupervisedService[] = [];
  const echoes: (() => void)[] = [];
  try {
    const logins = await progress.step('accounts, databases and topology', () => setUpPrivate(directory, servers));
    for (const wave of startingOrder) {
      const specs = wave.map((service) => specOf({ service, servers, login: logins.get(service.name), directory, from }));
      const started = specs.map((spec) => supervise(spec, warn));
      running.push(...started);
      echoes.push(...started.map((service) => echoProblems(service.name, service.logFile, warn)));
      await allReady(started, progress, signal);
    }
    await progress.step('sample catalogue', async (note) => {
      const added = await seed(serviceUrl(serviceNamed('inventory-service')));
      note(added === 0 ? 'sample catalogue, there already' : `sample catalogue, ${added} items`);
    });
    const urls = addresses(servers);
    claim(directory, urls, Object.fromEntries(services.map((service) => [service.name, serviceUrl(service)])));
    progress.line(`\nQuickstep is running:\n${urls}\n\n${invitation(servers)}`);
    const unwatch = watchServers(directory, warn);
    const unkeep = keepPrivateTopology(directory, servers, warn);
    await interruption(signal);
    unkeep();
    unwatch();
    progress.line();
  } finally {
    await stopEverything(running, servers, progress);
    for (const end of echoes) end();
  }
}

/** The first that cannot be started ends the waiting for the others. */
async function allReady(running: SupervisedService[], progress: Progress, signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  let reason: unknown;
  const waiting = running.map((service) =>
    awaitReady(service, progress, either).catch((error) => {
      reason ??= error;
      failed.abort();
    }),
  );
  await Promise.all(waiting);
  if (reason !== undefined) throw reason;
}

function awaitReady(service: SupervisedService, progress: Progress, signal: AbortSignal): Promise<void> {
  return progress.step(service.name, async (note) => {
    await service.ready(signal);
    note(`${service.name} on ${service.url}`);
  });
}

/**
 * Services first: they finish what they have begun while the broker and the database still answer. The operator's before all others, as it
 * reads their logs and would warn of each that goes.
 */
async function stopEverything(running: SupervisedService[], servers: Servers, progress: Progress): Promise<void> {
  const stop = (services: readonly SupervisedService[]) => Promise.all(services.map((service) => service.stop()));
  await progress.step('services stopped', async () => {
    await stop(running.filter(({ name }) => name === operationsService.name));
    await stop(running);
  });
  await progress.step('broker and database stopped', () => servers.stop());
}

async function stopLeftovers(directory: string, progress: Progress): Promise<void> {
  if (!readRecords(directory).some(isRunning)) return;
  await progress.step('stopped what an interrupted start left running', async () => {
    await stopServices(directory);
    await stopServers(directory);
  });
}

async function checkPorts(): Promise<void> {
  for (const service of services) {
    const port = portOf(service);
    if (await isFree(port, process.env.HOST)) continue;
    throw new Problem(
      `Port ${port}, which ${service.name} needs, is taken by another program. End that program, ` +
        `or choose another port: ${service.prefix}_PORT=... for this service, PORT_OFFSET=100 to move all of them.`,
    );
  }
}
