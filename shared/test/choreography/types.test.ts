import { expect, test } from '@jest/globals';
import { accepted, choreography, due, implement, refused, step, timerStep } from '@quickstep/shared/choreography';
import { command, event } from '@quickstep/shared/events';
import type { Pipeline } from '@quickstep/shared/pipeline';
import { table } from '@quickstep/shared/rows';
import { Type } from '@sinclair/typebox';
import { EntitySchema } from 'typeorm';

/**
 * What must not compile. The type check is part of `npm test`: an `@ts-expect-error` over a line that does compile fails it.
 */

const Asked = event('kitchen.asked', Type.Object({ orderId: Type.String(), dish: Type.String() }), { description: 'Asked.' });
const Cooked = event('kitchen.cooked', Type.Object({ orderId: Type.String(), plates: Type.Integer() }), {
  description: 'Cooked.',
});
const Burnt = event('kitchen.burnt', Type.Object({ orderId: Type.String() }), { description: 'Burnt.' });
const Order = command(Type.Object({ dish: Type.String() }), 'Ask for dinner.');

const kitchen = choreography('kitchen-service', {
  ask: { command: Order, emits: [Asked] },
  cook: { on: [Asked], emits: [Cooked] },
  clean: { timer: 'closing time', emits: [] },
});

type Dish = { readonly dishId: string; plates: number; closesAt: Date | null };
const Dishes = table(
  new EntitySchema<Dish>({
    name: 'Dish',
    columns: {
      dishId: { type: 'uuid', primary: true },
      plates: { type: 'integer' },
      closesAt: { type: 'timestamptz', nullable: true },
    },
  }),
  (dishId): Dish => ({ dishId, plates: 0, closesAt: null }),
);

const ask = step(kitchen, 'ask', { rows: () => ({}), decide: () => accepted({ table: 4 }) });
const cook = step(kitchen, 'cook', {
  rows: ({ data }) => ({ dish: Dishes.existing(data.orderId) }),
  decide: ({ data }, { dish }) => (dish === undefined ? [] : [Cooked({ orderId: data.orderId, plates: dish.plates })]),
});
const clean = timerStep(kitchen, 'clean', { due: due(Dishes, 'closesAt'), rows: () => ({}), decide: () => [] });

/** Compiled, never run. */
function mustNotCompile(
  pipeline: Pipeline<{ choreography: typeof kitchen; steps: { ask: typeof ask; cook: typeof cook; clean: typeof clean } }>,
) {
  step(kitchen, 'cook', {
    rows: () => ({}),
    // @ts-expect-error an event that the step does not declare
    decide: ({ data }) => [Burnt({ orderId: data.orderId })],
  });
  step(kitchen, 'cook', {
    rows: () => ({}),
    // @ts-expect-error a field that the consumed event does not have
    decide: ({ data }) => [Cooked({ orderId: data.orderId, plates: data.plates })],
  });
  step(kitchen, 'cook', {
    rows: () => ({ dish: Dishes.existing('1') }),
    // @ts-expect-error an existing row may be absent
    decide: (_event, { dish }) => [Cooked({ orderId: dish.dishId, plates: 1 })],
  });
  step(kitchen, 'cook', {
    rows: () => ({ dishes: Dishes.read(['1']) }),
    decide: (_event, { dishes }) => {
      // @ts-expect-error a row that was only read cannot be changed
      for (const dish of dishes) dish.plates = 2;
      return [];
    },
  });
  step(kitchen, 'ask', {
    rows: () => ({}),
    // @ts-expect-error a command is answered, not just followed by events
    decide: () => [Asked({ orderId: '1', dish: 'soup' })],
  });
  step(kitchen, 'ask', {
    rows: () => ({}),
    // @ts-expect-error an event that the command does not declare
    decide: () => accepted({ table: 4 }, [Burnt({ orderId: '1' })]),
  });
  // @ts-expect-error an event without one of its fields
  Cooked({ orderId: '1' });
  // @ts-expect-error a step that is not declared
  step(kitchen, 'serve', { rows: () => ({}), decide: () => [] });
  // @ts-expect-error a timer step without the rows that it watches
  timerStep(kitchen, 'clean', { rows: () => ({}), decide: () => [] });
  // @ts-expect-error a property that the watched rows do not have
  due(Dishes, 'openedAt');
  // @ts-expect-error a step without its handler
  implement(kitchen, { ask, cook });
  // @ts-expect-error an event step cannot be executed by a client
  void pipeline.execute('cook', {}, { id: '1', subject: '1' });
}

test('what fits compiles, and what does not is refused by the compiler', () => {
  expect(mustNotCompile).toBeInstanceOf(Function);
  expect(implement(kitchen, { ask, cook, clean }).choreography).toBe(kitchen);
  expect(refused('conflict', 'closed', 'The kitchen is closed')).toMatchObject({ accepted: false });
});
