import { type ChannelModel, connect } from 'amqplib';
import { fault, must, servicesIn } from '../fault.js';
import type { World } from '../world.js';

const DUPLICATES = 'quickstep_messages_total';
const DUPLICATE = { result: 'duplicate' };
const LONGEST_HOLD_MS = 2_500;
const HELD_AT_ONCE = 200;

/** By service, as each counts from its own start. */
function duplicates(world: World): Promise<number[]> {
  return Promise.all(world.fleet.names.map((name) => world.fleet.metric(name, DUPLICATES, DUPLICATE)));
}

/** Takes its share of a queue's messages, keeps each for a while, and gives it back: it is then delivered late, and not in its turn. */
async function takeAndReturn(world: World, services: readonly string[]) {
  const connection: ChannelModel = await connect(world.amqpUrl, { clientProperties: { connection_name: 'chaos: random order' } });
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  await channel.prefetch(HELD_AT_ONCE);
  const held = new Set<NodeJS.Timeout>();
  let returned = 0;
  for (const service of services) {
    await channel.consume(service, (message) => {
      if (message === null) return;
      const timer = setTimeout(() => {
        held.delete(timer);
        returned++;
        channel.reject(message, true);
      }, world.random.below(LONGEST_HOLD_MS));
      held.add(timer);
    });
  }
  const stop = async () => {
    for (const timer of held) clearTimeout(timer);
    returned += held.size;
    // What is still held goes back with the connection.
    await connection.close();
  };
  return { stop, returned: () => returned };
}

export const deliveryFaults = [
  fault({
    name: 'every-message-twice',
    what: 'acknowledgements of all services are lost, and then their connections: whatever was handled is delivered again',
    target: 'all',
    lasts: [1_500, 3_000],
    inject: async (world, target) => {
      const ways = servicesIn(world, target).map((service) => must(world.brokerWay, service));
      const before = await duplicates(world);
      for (const way of ways) way.loseAcks();
      return { ways, before, lost: { acks: 0 } };
    },
    heal: async (_world, _target, { ways, lost }) => {
      for (const way of ways) lost.acks += way.cutAfterLosingAcks();
    },
    bit: async (world, _target, { before, lost }) => {
      const after = await duplicates(world);
      const again = after.reduce((sum, count, index) => sum + Math.max(0, count - (before[index] ?? 0)), 0);
      return lost.acks > 0 && again > 0 ? `${lost.acks} acknowledgements lost, ${again} duplicates recognised` : undefined;
    },
  }),
  fault({
    name: 'events-published-twice',
    what: 'the logs of all services are read again and what was emitted in the last seconds is delivered once more',
    target: 'one service',
    lasts: [500, 1_500],
    inject: async (world, service) => {
      const before = await world.fleet.metric(service, DUPLICATES, DUPLICATE);
      const process = world.fleet.one(service);
      await world.fleet.end(process);
      await world.fleet.add(service, { env: { CATCH_UP: new Date(Date.now() - 10_000).toISOString() } });
      return Math.min(before, await world.fleet.metric(service, DUPLICATES, DUPLICATE));
    },
    heal: async () => undefined,
    bit: async (world, service) => {
      const again = await world.fleet.metric(service, DUPLICATES, DUPLICATE);
      return again > 0 ? `${again} duplicates recognised` : undefined;
    },
  }),
  fault({
    name: 'random-order',
    what: 'about half of all messages come up to 2.5 s late and out of turn, some several times',
    target: 'all',
    lasts: [2_000, 4_000],
    inject: (world, target) => takeAndReturn(world, servicesIn(world, target)),
    heal: (_world, _target, { stop }) => stop(),
    bit: async (_world, _target, { returned }) => (returned() > 0 ? `${returned()} messages taken and given back` : undefined),
  }),
];
