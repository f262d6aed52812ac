import { treeOf } from '../../bench/machine.js';
import type { SupervisedService } from '../../supervisor.js';
import { fault, must } from '../fault.js';
import type { World } from '../world.js';

const signal = (process: SupervisedService, name: NodeJS.Signals) => process.kill(name);

/** What makes others take over: the broker and the database have given the process up. */
async function giveUp(world: World, service: string): Promise<void> {
  must(world.brokerWay, service).cut();
  must(world.databaseWay, service).cut();
}

export const processFaults = [
  fault({
    name: 'service-killed',
    what: 'kill -9 of a service; its supervisor starts it again',
    target: 'any service',
    lasts: [0, 0],
    inject: async ({ fleet }, service) => {
      const process = fleet.one(service);
      const pid = process.pid();
      process.kill('SIGKILL');
      return { process, pid };
    },
    heal: async () => undefined,
    bit: async (_world, _service, { process, pid }) => {
      const now = process.pid();
      return now !== undefined && now !== pid ? `process ${pid} died, ${now} took its place` : undefined;
    },
  }),
  fault({
    name: 'service-frozen',
    what: 'SIGSTOP of a service, then SIGCONT',
    target: 'any service',
    lasts: [1_000, 4_000],
    inject: async ({ fleet }, service) => {
      const process = fleet.one(service);
      signal(process, 'SIGSTOP');
      return { process, answered: await answers(process) };
    },
    heal: async (_world, _service, { process }) => signal(process, 'SIGCONT'),
    bit: async (_world, _service, { process, answered }) =>
      !answered && (await answers(process)) ? 'did not answer while it was frozen, and does now' : undefined,
  }),
  fault({
    name: 'stale-service',
    what: 'a second process takes over from one that is frozen and has been given up by broker and database; then the first wakes up',
    target: 'one service',
    lasts: [1_500, 3_000],
    survivable: true,
    inject: async (world, service) => {
      const stale = world.fleet.one(service);
      const second = await world.fleet.add(service);
      const before = must(world.brokerWay, service).opened;
      signal(stale, 'SIGSTOP');
      await giveUp(world, service);
      return { stale, second, before };
    },
    heal: async (_world, _service, { stale }) => signal(stale, 'SIGCONT'),
    bit: async (world, service, { stale, second, before }) => {
      if (!world.fleet.all(service).includes(second)) return 'woke up beside its successor, both connected anew';
      if (must(world.brokerWay, service).opened < before + 4 || !(await answers(stale))) return undefined;
      await world.fleet.end(second);
      return 'woke up beside its successor, both connected anew';
    },
  }),
  fault({
    name: 'all-services-killed',
    what: 'kill -9 of all services at once',
    target: 'all',
    lasts: [0, 0],
    inject: async ({ fleet }) => {
      const processes = fleet.members.flatMap((name) => fleet.all(name)).map((process) => ({ process, pid: process.pid() }));
      for (const { process } of processes) process.kill('SIGKILL');
      return processes;
    },
    heal: async () => undefined,
    bit: async (_world, _target, processes) => {
      const replaced = processes.filter(({ process, pid }) => process.pid() !== undefined && process.pid() !== pid);
      return replaced.length === processes.length ? `${replaced.length} processes died and were replaced` : undefined;
    },
  }),
  fault({
    name: 'service-starved',
    what: 'a service is frozen for 300 ms twice a second: a machine with too much to do',
    target: 'any service',
    lasts: [3_000, 5_000],
    inject: async ({ fleet }, service) => {
      const process = fleet.one(service);
      let times = 0;
      const timer = setInterval(() => {
        times++;
        signal(process, 'SIGSTOP');
        setTimeout(() => signal(process, 'SIGCONT'), 300);
      }, 500);
      return { process, stop: () => clearInterval(timer), times: () => times };
    },
    heal: async (_world, _service, { process, stop }) => {
      stop();
      signal(process, 'SIGCONT');
    },
    bit: async (_world, _service, { process, times }) => {
      signal(process, 'SIGCONT');
      return times() > 1 && treeOf(process.pid() ?? 0).length > 0 ? `frozen ${times()} times` : undefined;
    },
  }),
];

async function answers({ url }: SupervisedService): Promise<boolean> {
  return fetch(`${url}/health/live`, { signal: AbortSignal.timeout(500) }).then(
    async (response) => (await response.text()) !== '',
    () => false,
  );
}
