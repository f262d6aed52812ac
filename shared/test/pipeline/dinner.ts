import { type AnyStep, accepted, outcome, refused } from '@quickstep/shared/choreography';
import type { Load, PipelineOptions } from '@quickstep/shared/pipeline';
import { change } from '@quickstep/shared/rows';
import { Cooked, Dishes, deliveryOf, kitchen, Noted } from './kitchen.js';
import { ending, pipelineOver } from './pipeline-over.js';
import type { Message } from './ports.js';

/** Longer than the pause after which a database that is away is tried again. */
export const PAUSE = 250;
/** A third of the time after which RabbitMQ takes a delivery back. */
export const HELD_AT_MOST = 600_000;
export const CONFLICTS_BEFORE_HALVING = 5;

/** Serves each dish that is ordered, and fails for dishes of some names. */
export const serve: AnyStep = {
  rows: ({ subject }) => {
    if (subject === 'without rows') throw new Error('it has no rows');
    return { dish: Dishes.fresh(subject) };
  },
  decide: ({ subject }, { dish }) => {
    count(dish);
    if (subject === 'burnt') throw new Error('it burns');
    return outcome('seen', Noted({ dish: subject }));
  },
};

export const hire: AnyStep = {
  rows: ({ subject }) => ({ dish: Dishes.fresh(subject) }),
  decide: ({ subject }, { dish }) => {
    count(dish);
    if (subject === 'full') return refused('kitchen_full', 'There is no room');
    if (subject === 'bug') throw new RangeError('a bug');
    return accepted({ hired: subject }, outcome('known'));
  },
};

function count(dish: unknown): void {
  if (typeof dish === 'object' && dish !== null && 'plates' in dish) change(dish, { plates: Number(dish.plates) + 1 });
}

export function service(changes: Partial<PipelineOptions> = {}) {
  const steps = {
    ...{ cook: ending('repeated'), clean: ending('repeated'), refuse: ending('refused'), watch: serve },
    ...{ hire, cool: ending('eaten') },
  };
  const world = pipelineOver(kitchen, steps, changes);
  const order = async (...dishes: readonly string[]) => {
    const messages = dishes.map((dish) => deliveryOf(Cooked, dish));
    await world.deliver(...messages);
    return messages;
  };
  const command = (subject: string) => world.pipeline.execute('hire', { name: 'Ada' }, { id: `request ${subject}`, subject });
  const plates = (dish: string) => world.store.rowsOf(Dishes).get(dish)?.plates;
  return { ...world, order, command, plates };
}

export const fates = (messages: readonly Message[]) => messages.map(({ fate }) => fate.join());
export const names = (loads: readonly Load[]) => loads.flatMap(({ keys }) => keys);
