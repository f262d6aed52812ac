import type { World } from './world.js';

export type Needs = 'private servers' | 'small disk' | 'cluster' | 'one node' | 'database role';

/** What a fault is, as data. `State` is what it must remember from its beginning to its end. */
export interface Declared<State> {
  readonly name: string;
  /** What happens, for the table. */
  readonly what: string;
  /** Whether it strikes one service, drawn for each time, or all of them; `any service` may be the operations service too. */
  readonly target: 'one service' | 'any service' | 'all';
  /** How long it lasts: milliseconds, at least and at most. [0, 0] for what is over at once. */
  readonly lasts: readonly [least: number, most: number];
  /** Without these it is not drawn. */
  readonly needs?: readonly Needs[];
  /** The system is to go on while it lasts: its recovery counts from the beginning of the fault, not from its end. */
  readonly survivable?: boolean;
  /** Why the flow may take longer than ten seconds to recover. */
  readonly slow?: string;
  inject(world: World, target: string): Promise<State>;
  heal(world: World, target: string, state: State): Promise<void>;
  /** What shows that it happened; undefined when nothing does (yet). Asked after its end. */
  bit(world: World, target: string, state: State): Promise<string | undefined>;
}

/** A fault that goes on. */
export interface Struck {
  heal(): Promise<void>;
  bit(): Promise<string | undefined>;
}

export interface Fault extends Omit<Declared<never>, 'inject' | 'heal' | 'bit'> {
  strike(world: World, target: string): Promise<Struck>;
}

export function fault<State>({ inject, heal, bit, ...declared }: Declared<State>): Fault {
  return {
    ...declared,
    async strike(world, target) {
      const state = await inject(world, target);
      return { heal: () => heal(world, target, state), bit: () => bit(world, target, state) };
    },
  };
}

/** What stands under this key; every world has it for every service. */
export function must<Value>(map: ReadonlyMap<string, Value>, key: string): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`There is nothing for ${key}`);
  return value;
}

/** `target` is a service, or stands for all of them. */
export const servicesIn = (world: World, target: string): readonly string[] =>
  world.fleet.names.includes(target) ? [target] : world.fleet.names;
