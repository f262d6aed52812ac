import { Problem } from '../problem.js';
import type { Fault, Needs } from './fault.js';
import type { Fleet } from './fleet.js';
import { randomFrom } from './random.js';
import type { World } from './world.js';

/** One fault of a run. */
export interface Planned {
  /** From 1. */
  readonly number: number;
  readonly kind: string;
  /** A service, or `all`. */
  readonly target: string;
  readonly lastsMs: number;
}

/**
 * The faults of a seed. Each kind comes once before any comes again, so that all come equally often; each strikes the services in turn, in
 * an order of its own.
 */
export function scheduleOf(
  seed: number,
  count: number,
  kinds: readonly Fault[],
  { names, members }: Pick<Fleet, 'names' | 'members'>,
): Planned[] {
  const random = randomFrom(seed);
  const decks = new Map<string, string[]>();
  const nextTarget = (kind: string, target: Fault['target']) => {
    if (target === 'all') return target;
    const services = target === 'any service' ? members : names;
    const deck = decks.get(kind)?.length ? (decks.get(kind) ?? []) : random.shuffled(services);
    decks.set(kind, deck.slice(1));
    return deck[0] ?? '';
  };
  const planned: Planned[] = [];
  while (planned.length < count) {
    for (const { name: kind, target, lasts } of random.shuffled(kinds).slice(0, count - planned.length)) {
      const lastsMs = random.between(...lasts);
      planned.push({
        number: planned.length + 1,
        kind,
        target: nextTarget(kind, target),
        lastsMs,
      });
    }
  }
  return planned;
}

const possible: Record<Needs, (world: World) => boolean> = {
  'private servers': ({ servers }) => servers !== undefined,
  'small disk': ({ smallDisk }) => smallDisk !== undefined,
  cluster: ({ cluster }) => cluster !== undefined,
  'one node': ({ cluster }) => cluster === undefined,
  // A superuser is let in whatever the limit.
  'database role': ({ servers }) => servers !== undefined,
};

/** What a fault needs and this world does not have. */
export const missingFor = (world: World, { needs = [] }: Fault): readonly Needs[] =>
  needs.filter((each) => !possible[each](world));

/** @throws Problem naming those that there are not */
export function kindsNamed(names: readonly string[], all: readonly Fault[]): readonly Fault[] {
  const unknown = names.filter((name) => all.every((each) => each.name !== name));
  if (unknown.length > 0)
    throw new Problem(`There is no fault called ${unknown.join(', ')}. There are: ${all.map(({ name }) => name).join(', ')}.`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}
