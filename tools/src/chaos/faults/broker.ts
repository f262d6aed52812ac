import { until } from '../../wait.js';
import { fault, must } from '../fault.js';
import type { PrivateServers } from '../private-servers.js';
import type { World } from '../world.js';

export const serversOf = ({ servers }: World): PrivateServers => {
  if (servers === undefined) throw new Error('The servers are not private');
  return servers;
};

const bootSlow = 'the services wait up to 5 s between attempts to connect, and the broker has to recover its queues';

/** The alarms of the broker's node right now. */
async function alarm({ management }: World, name: 'mem_alarm' | 'disk_free_alarm'): Promise<boolean> {
  const nodes = await management<Record<string, boolean>[]>('/nodes');
  return nodes.some((node) => node[name] === true);
}

/** Services declare their bindings anew every 15 s. */
const BOUND_AGAIN_MS = 60_000;

const memory = 'set_vm_memory_high_watermark';
const disk = 'set_disk_free_limit';

/** An alarm is seen a moment after it was set off: the node looks once a second, the management API every five. */
async function seen(world: World, name: 'mem_alarm' | 'disk_free_alarm'): Promise<boolean> {
  for (let look = 0; look < 40; look++) {
    if (await alarm(world, name)) return true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return false;
}

export const brokerFaults = [
  fault({
    name: 'broker-killed',
    what: 'kill -9 of the broker; it is started again after a while',
    target: 'all',
    lasts: [500, 3_000],
    needs: ['private servers', 'one node'],
    slow: bootSlow,
    inject: async (world) => {
      const pid = serversOf(world).pid('rabbitmq');
      await serversOf(world).kill('rabbitmq');
      return pid;
    },
    heal: (world) => serversOf(world).start('rabbitmq'),
    bit: async (world, _target, pid) => {
      const now = serversOf(world).pid('rabbitmq');
      return now !== undefined && now !== pid ? `process ${pid} died, ${now} took its place` : undefined;
    },
  }),
  fault({
    name: 'broker-restarted',
    what: 'the broker is stopped in order and started again',
    target: 'all',
    lasts: [0, 1_000],
    needs: ['private servers', 'one node'],
    slow: bootSlow,
    inject: async (world) => {
      const pid = serversOf(world).pid('rabbitmq');
      await serversOf(world).stop('rabbitmq');
      return pid;
    },
    heal: (world) => serversOf(world).start('rabbitmq'),
    bit: async (world, _target, pid) => {
      const now = serversOf(world).pid('rabbitmq');
      return now !== undefined && now !== pid ? `process ${pid} ended, ${now} took its place` : undefined;
    },
  }),
  fault({
    name: 'broker-frozen',
    what: 'SIGSTOP of the broker, then SIGCONT',
    target: 'all',
    lasts: [1_000, 5_000],
    needs: ['private servers', 'one node'],
    inject: async (world) => {
      serversOf(world).freeze('rabbitmq', 'SIGSTOP');
      return world.management('/overview').then(
        () => true,
        () => false,
      );
    },
    heal: async (world) => serversOf(world).freeze('rabbitmq', 'SIGCONT'),
    bit: async (world, _target, answered) => {
      await world.management('/overview');
      return answered ? undefined : 'did not answer while it was frozen, and does now';
    },
  }),
  fault({
    name: 'broker-memory-alarm',
    what: 'the broker reports that it is out of memory and takes no messages',
    target: 'all',
    lasts: [1_000, 3_000],
    needs: ['private servers'],
    inject: async (world) => {
      await serversOf(world).rabbitmqctl(memory, '0.00001');
      return seen(world, 'mem_alarm');
    },
    heal: async (world) => void (await serversOf(world).rabbitmqctl(memory, '0.4')),
    bit: async (_world, _target, raised) => (raised ? 'the alarm was raised' : undefined),
  }),
  fault({
    name: 'broker-disk-alarm',
    what: 'the broker reports that its disk is full and takes no messages',
    target: 'all',
    lasts: [1_000, 3_000],
    needs: ['private servers'],
    inject: async (world) => {
      await serversOf(world).rabbitmqctl(disk, '1000000GB');
      return seen(world, 'disk_free_alarm');
    },
    heal: async (world) => void (await serversOf(world).rabbitmqctl(disk, '50MB')),
    bit: async (_world, _target, raised) => (raised ? 'the alarm was raised' : undefined),
  }),
  fault({
    name: 'queue-deleted',
    what: 'the queue of a service is deleted, with what is in it',
    target: 'one service',
    lasts: [0, 0],
    inject: async (world, service) => {
      const before = must(world.brokerWay, service).subscriptions;
      await world.management(`/queues/{vhost}/${service}`, { method: 'DELETE' });
      return before;
    },
    heal: async () => undefined,
    bit: async (world, service, before) => {
      const anew = must(world.brokerWay, service).subscriptions - before;
      return anew > 0 ? 'the queue was deleted, and declared anew by its service' : undefined;
    },
  }),
  fault({
    name: 'consumer-cancelled',
    what: 'the consumers of a service are told that the broker has cancelled them',
    target: 'one service',
    lasts: [0, 0],
    inject: async (world, service) => {
      const way = must(world.brokerWay, service);
      const before = way.subscriptions;
      return { before, cancelled: way.cancelConsumers() };
    },
    heal: async () => undefined,
    bit: async (world, service, { before, cancelled }) => {
      const anew = must(world.brokerWay, service).subscriptions - before;
      return cancelled > 0 && anew >= cancelled ? `${cancelled} consumers cancelled and subscribed again` : undefined;
    },
  }),
  fault({
    name: 'queue-unbound',
    what: 'the bindings of a service to the events that it consumes are removed; they come back, and the operations service sends what was lost',
    target: 'one service',
    lasts: [1_000, 2_000],
    inject: async (world, service) => {
      const own = await bindingsOf(world, service);
      for (const { source, properties_key: key } of own)
        await world.management(`/bindings/{vhost}/e/${source}/q/${service}/${encodeURIComponent(key)}`, { method: 'DELETE' });
      return own.length;
    },
    heal: async (world, service, removed) => {
      const back = async () => (await bindingsOf(world, service)).length === removed;
      await until(back, { timeoutMs: BOUND_AGAIN_MS, failure: `The bindings of ${service} did not come back` });
    },
    bit: async (_world, _service, removed) =>
      removed > 0 ? `${removed} bindings removed, and made again by the service` : undefined,
  }),
];

async function bindingsOf({ management }: World, service: string): Promise<Binding[]> {
  const bindings = await management<Binding[]>(`/queues/{vhost}/${service}/bindings`);
  return bindings.filter(({ source }) => source.endsWith('.events'));
}

interface Binding {
  readonly source: string;
  readonly properties_key: string;
}
