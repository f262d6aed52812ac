import { join, resolve } from 'node:path';
import { readArguments, wholeNumber } from '../arguments.js';
import { stateDirectory } from '../paths.js';
import type { Fault } from './fault.js';
import { faults } from './faults/index.js';
import type { Settings } from './record.js';
import { kindsNamed } from './schedule.js';

export interface Options {
  readonly settings: Settings;
  readonly kinds: readonly Fault[];
  /** Whether the kinds were named, so that one that is not possible here is an error. */
  readonly named: boolean;
  /** No more faults begin after so many milliseconds; the rest is left for `--resume`. */
  readonly durationMs: number;
  /** Faults between two looks at the invariants. */
  readonly round: number;
  readonly resume: boolean;
  readonly file: string;
  readonly markdown: string | undefined;
}

export const help = `npm run chaos -- [options]

Starts a broker, a database and all services of its own, places orders at a steady rate, and strikes with one fault after the other:
processes are killed and frozen, connections cut and stalled, answers lost, queues deleted, disks filled. Then it waits until every
order has ended and checks every invariant. docs/chaos.md says what each fault is and what was found.

  --seed N         which faults, in which order, how long (default: 1)
  --faults N       how many (default: 40)
  --orders N       at least so many (default: 1000); more when the faults take longer
  --rate N         orders per second (default: 20)
  --kinds A,B      only these kinds of faults
  --list           the kinds, and what each is
  --round N        faults between two looks at the invariants (default: 20)
  --duration N     seconds after which no more faults begin (default: no limit)
  --resume         go on with the faults of the seed that are left, in a new system; the table is of all
  --replicas N     processes of each service (default: 1)
  --nodes N        nodes of the broker, which form a cluster (default: 1)
  --against COMMIT rolling restarts go to the services of another commit, and back
  --json FILE      where the run is written down (default: .quickstep/chaos/seed-N.json)
  --markdown FILE  the table, for a document
  --merge A,B      the table of runs that are over, by their files; nothing is started

It ends with 1 when an invariant is violated, an order is lost, doubled or stuck, a fault did not bite, or the flow did not recover.
`;

const NEVER = 1e9;

/** Runs that are over, of which only the tables are wanted. */
export interface Merge {
  readonly files: readonly string[];
  readonly markdown: string | undefined;
}

const options = {
  help: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  faults: { type: 'string', default: '40' },
  orders: { type: 'string', default: '1000' },
  rate: { type: 'string', default: '20' },
  kinds: { type: 'string' },
  round: { type: 'string', default: '20' },
  duration: { type: 'string' },
  resume: { type: 'boolean', default: false },
  replicas: { type: 'string', default: '1' },
  nodes: { type: 'string', default: '1' },
  against: { type: 'string' },
  json: { type: 'string' },
  markdown: { type: 'string' },
  merge: { type: 'string' },
} as const;

/** A text to print instead, when one was asked for. */
export function readOptions(args: string[]): Options | Merge | string {
  const { values } = readArguments(args, options, 'no words', help);
  if (values.help) return help;
  if (values.list) return listed();
  const markdown = values.markdown === undefined ? undefined : resolve(values.markdown);
  if (values.merge !== undefined) return { files: values.merge.split(',').map((each) => resolve(each.trim())), markdown };
  const seed = wholeNumber('seed', values.seed);
  const nodes = wholeNumber('nodes', values.nodes);
  const named = values.kinds === undefined ? [] : values.kinds.split(',').map((each) => each.trim());
  const kinds = kindsNamed(named, faults);
  const settings: Settings = {
    seed,
    faults: wholeNumber('faults', values.faults),
    kinds: named,
    orders: wholeNumber('orders', values.orders),
    rate: wholeNumber('rate', values.rate),
    replicas: wholeNumber('replicas', values.replicas),
    nodes,
    against: values.against,
  };
  return {
    settings,
    kinds,
    named: named.length > 0,
    durationMs: (values.duration === undefined ? NEVER : wholeNumber('duration', values.duration)) * 1_000,
    round: wholeNumber('round', values.round),
    resume: values.resume,
    file: resolve(values.json ?? join(stateDirectory, 'chaos', `seed-${seed}.json`)),
    markdown,
  };
}

function listed(): string {
  const width = Math.max(...faults.map(({ name }) => name.length));
  return `${faults.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`).join('\n')}\n`;
}
