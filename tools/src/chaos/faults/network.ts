import { type Fault, fault, must } from '../fault.js';
import type { Line, TcpProxy } from '../proxy/tcp-proxy.js';
import type { World } from '../world.js';

type Side = 'broker' | 'database';

const wayOf = (world: World, side: Side, service: string): TcpProxy =>
  side === 'broker' ? must(world.brokerWay, service) : must(world.databaseWay, service);

function cut(side: Side): Fault {
  return fault({
    name: `${side}-cut`,
    what: `the connections of a service to the ${side} are reset`,
    target: 'any service',
    lasts: [0, 0],
    inject: async (world, service) => {
      const way = wayOf(world, side, service);
      const before = way.opened;
      return { cut: way.cut(), before };
    },
    heal: async () => undefined,
    bit: async (world, service, state) => {
      const again = wayOf(world, side, service).opened - state.before;
      return state.cut > 0 && again > 0 ? `${state.cut} connections reset, ${again} opened anew` : undefined;
    },
  });
}

interface Disturbance {
  readonly name: string;
  readonly what: string;
  readonly line: Line;
  readonly lasts: readonly [number, number];
  /** Whether connections do not outlive it. */
  readonly breaks: boolean;
  readonly slow?: Partial<Record<Side, string>>;
}

const disturbances: readonly Disturbance[] = [
  {
    name: 'unreachable',
    what: 'connections are reset and new ones refused',
    line: 'refuse',
    lasts: [1_000, 4_000],
    breaks: true,
  },
  {
    name: 'stalled',
    what: 'nothing gets through for a while, then all of it',
    line: 'stall',
    lasts: [1_000, 5_000],
    breaks: false,
  },
  {
    name: 'half-open',
    what: 'half-open connections (no FIN or RST arrives): what is sent vanishes',
    line: 'swallow',
    lasts: [1_000, 5_000],
    breaks: true,
    slow: { broker: 'noticed by the next heartbeat, which is sent every 2.5 s, and then connected anew' },
  },
  {
    name: 'forgotten',
    what: 'half-open connections, for good: nothing answers on them any more, not even a reset',
    line: 'forget',
    lasts: [1_000, 5_000],
    breaks: true,
    slow: { broker: 'noticed when two heartbeats have not come, after 10 to 15 s' },
  },
];

function disturbed(side: Side, { name, what, line, lasts, breaks, slow: slowIn = {} }: Disturbance): Fault {
  const slow = slowIn[side];
  return fault({
    name: `${side}-${name}`,
    what: `between a service and the ${side} ${what}`,
    target: 'any service',
    lasts,
    ...(slow === undefined ? {} : { slow }),
    inject: async (world, service) => {
      const way = wayOf(world, side, service);
      const state = { links: [...way.links], opened: way.opened };
      way.set(line);
      return state;
    },
    heal: async (world, service) => wayOf(world, side, service).set('open'),
    bit: async (world, service, { links, opened }) => {
      const way = wayOf(world, side, service);
      const lost = links.filter((link) => !way.links.has(link)).length;
      const anew = way.opened - opened;
      if (breaks) return links.length > 0 && lost > 0 && anew > 0 ? `${lost} connections lost, ${anew} opened anew` : undefined;
      return links.length > 0 ? `${links.length} connections stalled, ${lost} of them given up` : undefined;
    },
  });
}

function everybodyCut(side: Side): Fault {
  return fault({
    name: `${side}-cut-for-all`,
    what: `the connections of all services to the ${side} are reset at once`,
    target: 'all',
    lasts: [0, 0],
    inject: async (world) => {
      const ways = world.fleet.members.map((service) => wayOf(world, side, service));
      const before = ways.map(({ opened }) => opened);
      return { ways, before, cut: ways.reduce((sum, way) => sum + way.cut(), 0) };
    },
    heal: async () => undefined,
    bit: async (_world, _target, state) => {
      const back = state.ways.filter(({ opened }, index) => opened > (state.before[index] ?? opened)).length;
      return back === state.ways.length ? `${state.cut} connections reset, all services connected anew` : undefined;
    },
  });
}

/** At most, in one fault. */
const LOST_COMMITS = 5;

const sides: readonly Side[] = ['broker', 'database'];

export const networkFaults = [
  ...sides.flatMap((side) => [cut(side), everybodyCut(side), ...disturbances.map((each) => disturbed(side, each))]),
  fault({
    name: 'commit-unanswered',
    what: 'a commit is applied but its answer, and with it the connection, is lost; several times in a row',
    target: 'any service',
    lasts: [1_500, 3_000],
    inject: async (world, service) => {
      must(world.databaseWay, service).loseCommits(LOST_COMMITS);
      return { lost: 0 };
    },
    heal: async (world, service, state) => {
      state.lost = must(world.databaseWay, service).stopLosingCommits();
    },
    bit: async (_world, _service, { lost }) => (lost > 0 ? `${lost} answers to COMMIT lost` : undefined),
  }),
];
