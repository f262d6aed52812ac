import { existsSync, readFileSync } from 'node:fs';
import { setClock, skewSeen } from '../clock/clock.js';
import { fault } from '../fault.js';
import type { SmallDisk } from '../small-disk.js';
import type { World } from '../world.js';
import { serversOf } from './broker.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NO_SPACE = /No space left on device/g;

const complaints = ({ postgresLog }: World) =>
  (existsSync(postgresLog) ? readFileSync(postgresLog, 'utf8').match(NO_SPACE)?.length : 0) ?? 0;

function diskOf({ smallDisk }: World): SmallDisk {
  if (smallDisk === undefined) throw new Error('The data of the database are on no disk of their own');
  return smallDisk;
}

/** Services that talk to somebody outside, and where the simulated somebody keeps its records. */
const outside: ReadonlySet<string> = new Set(['payment-service', 'shipping-service']);
const withOutside = (service: string, index: number) => (outside.has(service) ? service : [...outside][index % outside.size]);

/** Messages that were tried in vain, or not at all, as a circuit breaker was open already. */
async function putOff({ fleet }: World, service: string): Promise<number> {
  const of = (result: string) => fleet.metric(service, 'quickstep_messages_total', { result });
  return (await of('retried')) + (await of('waiting'));
}

export const surroundingsFaults = [
  fault({
    name: 'database-disk-full',
    what: 'the disk of PostgreSQL is full; then there is room again, and PostgreSQL is started if it has ended',
    target: 'all',
    lasts: [1_500, 4_000],
    needs: ['private servers', 'small disk'],
    inject: async (world) => {
      const before = complaints(world);
      return { before, left: await diskOf(world).fill() };
    },
    heal: async (world) => {
      await diskOf(world).empty();
      await serversOf(world).start('postgres');
    },
    bit: async (world, _target, { before, left }) => {
      const refused = complaints(world) - before;
      return refused > 0 ? `${left} bytes left, PostgreSQL refused by its disk ${refused} times` : undefined;
    },
  }),
  fault({
    name: 'clock-stepped',
    what: 'the clock of a service jumps by up to a day, forward or back, and then is right again',
    target: 'one service',
    lasts: [1_500, 4_000],
    inject: async (world, service) => {
      const processes = world.fleet.all(service);
      const step = (world.random.below(2) === 0 ? 1 : -1) * world.random.between(2 * MINUTE_MS, DAY_MS);
      for (const each of processes) setClock(world.clocks, each, step);
      return { processes, step, seen: [0] };
    },
    heal: async (world, _service, state) => {
      state.seen = state.processes.map((each) => skewSeen(world.clocks, each) ?? 0);
      for (const each of state.processes) setClock(world.clocks, each, 0);
    },
    bit: async (_world, _service, { step, seen }) =>
      seen.every((each) => Math.abs(each - step) < MINUTE_MS)
        ? `the service's clock was ${Math.round(step / MINUTE_MS)} minutes off`
        : undefined,
  }),
  fault({
    name: 'provider-silent',
    what: 'the gateway, or the carrier, does not answer: its records are locked',
    target: 'one service',
    lasts: [2_000, 4_000],
    inject: async (world, target) => {
      const service = withOutside(target, world.fleet.names.indexOf(target)) ?? target;
      const before = await putOff(world, service);
      const client = await world.databases.open(service);
      await client.query('begin; lock table provider_answers in access exclusive mode');
      return { client, service, before };
    },
    heal: (_world, _target, { client }) => client.end(),
    bit: async (world, _target, { service, before }) => {
      const failed = (await putOff(world, service)) - before;
      return failed > 0 ? `${service}: ${failed} messages put off` : undefined;
    },
  }),
  fault({
    name: 'provider-failing',
    what: 'the gateway, or the carrier, answers every call with an error: its records are gone, and come back',
    target: 'one service',
    lasts: [1_000, 2_000],
    inject: async (world, target) => {
      const service = withOutside(target, world.fleet.names.indexOf(target)) ?? target;
      const before = await putOff(world, service);
      await world.databases.ask(service, 'alter table provider_answers rename to provider_answers_away', []);
      return { service, before };
    },
    heal: async (world, _target, { service }) =>
      void (await world.databases.ask(service, 'alter table provider_answers_away rename to provider_answers', [])),
    bit: async (world, _target, { service, before }) => {
      const failed = (await putOff(world, service)) - before;
      return failed > 0 ? `${service}: ${failed} messages put off` : undefined;
    },
  }),
  fault({
    name: 'rolling-restart',
    what: 'every service is replaced, one after the other, by a new process that starts while the old one still works',
    target: 'all',
    lasts: [0, 0],
    inject: async ({ fleet, otherVersion }) => {
      let replaced = 0;
      let others = 0;
      for (const name of fleet.members) {
        for (const old of fleet.all(name)) {
          const from = otherVersion !== undefined && !old.script.startsWith(otherVersion) ? otherVersion : undefined;
          await fleet.add(name, { from });
          await fleet.end(old);
          replaced++;
          others += from === undefined ? 0 : 1;
        }
      }
      return { replaced, others };
    },
    heal: async () => undefined,
    bit: async (_world, _target, { replaced, others }) =>
      replaced > 0 ? `${replaced} processes replaced${others > 0 ? `, ${others} of them by the other version` : ''}` : undefined,
  }),
];
