import { expect, test } from '@jest/globals';
import {
  accepted,
  choreography,
  due,
  effectStep,
  implement,
  outcome,
  refused,
  step,
  timerStep,
} from '@quickstep/shared/choreography';
import { command, event } from '@quickstep/shared/events';
import type { Pipeline } from '@quickstep/shared/pipeline';
import { change, integer, table, textOrNull, timeOrNull, uuidKey } from '@quickstep/shared/rows';
import { Type } from '@sinclair/typebox';

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
  ask: {
    command: Order,
    outcomes: { asked: [Asked] },
    refusals: { kitchen_closed: { kind: 'conflict', when: 'The kitchen is closed' } },
  },
  cook: { on: [Asked], outcomes: { cooked: [Cooked], halfBurnt: [Burnt, Cooked], nothingToCook: [] } },
  deliver: { on: [Cooked], effect: 'courier', outcomes: { delivered: [], dropped: { on: [Cooked], emits: [Burnt] } } },
  clean: { timer: 'closing time', outcomes: { cleaned: [] } },
  count: { observes: [Cooked, Burnt], outcomes: { counted: [] } },
});

const Dishes = table('dishes', { dishId: uuidKey(), plates: integer(0), cook: textOrNull(), closesAt: timeOrNull() });

const ask = step(kitchen, 'ask', {
  rows: () => ({}),
  decide: ({ subject: orderId, data: { dish } }) => {
    if (dish === '') return refused('kitchen_closed', 'The kitchen is closed');
    return accepted({ table: 4 }, outcome('asked', Asked({ orderId, dish })));
  },
});
const cook = step(kitchen, 'cook', {
  rows: ({ data }) => ({ dish: Dishes.existing(data.orderId) }),
  decide: ({ data: { orderId } }, { dish }) => {
    if (dish === undefined) return outcome('nothingToCook');
    const cooked = Cooked({ orderId, plates: dish.plates });
    return dish.cook === null ? outcome('halfBurnt', Burnt({ orderId }), cooked) : outcome('cooked', cooked);
  },
});
const deliver = effectStep(kitchen, 'deliver', {
  rows: () => ({}),
  effect: async () => 'at the door',
  decide: ({ data: { orderId } }, _rows, { answer }) =>
    answer.length > 0 ? outcome('delivered') : outcome('dropped', Burnt({ orderId })),
});
const clean = timerStep(kitchen, 'clean', {
  due: due(Dishes, 'closesAt'),
  rows: ({ subject }) => ({ same: Dishes.fresh(subject) }),
  decide: (_firing, { due: dish, same }) => {
    same.plates = dish.plates;
    return outcome('cleaned');
  },
});
const count = step(kitchen, 'count', { rows: () => ({}), decide: () => outcome('counted') });

/** Another service, which counts too. */
const critic = choreography('critic-service', {
  taste: { observes: [Cooked], outcomes: { tasted: [] } },
  count: { observes: [Cooked], outcomes: { counted: [] } },
});
const taste = step(critic, 'taste', { rows: () => ({}), decide: () => outcome('tasted') });
const criticsCount = step(critic, 'count', { rows: () => ({}), decide: () => outcome('counted') });

const kitchenSteps = () => implement(kitchen, [ask, cook, deliver, clean, count]);

/** Compiled, never run. */
function outcomesThatMustNotCompile() {
  const burnt = Burnt({ orderId: '1' });
  const cooked = Cooked({ orderId: '1', plates: 1 });
  // @ts-expect-error an outcome that the step does not declare
  step(kitchen, 'cook', { rows: () => ({}), decide: () => outcome('eaten') });
  // @ts-expect-error an outcome without its event
  step(kitchen, 'cook', { rows: () => ({}), decide: () => outcome('cooked') });
  // @ts-expect-error an outcome with one of its two events
  step(kitchen, 'cook', { rows: () => ({}), decide: () => outcome('halfBurnt', burnt) });
  // @ts-expect-error an outcome with one event more
  step(kitchen, 'cook', { rows: () => ({}), decide: () => outcome('cooked', cooked, burnt) });
  // @ts-expect-error an outcome without events that emits one
  step(kitchen, 'cook', { rows: () => ({}), decide: () => outcome('nothingToCook', cooked) });
  // @ts-expect-error an outcome with its events in another order
  step(kitchen, 'cook', { rows: () => ({}), decide: () => outcome('halfBurnt', cooked, burnt) });
  // @ts-expect-error an outcome with an event of another contract
  step(kitchen, 'cook', { rows: () => ({}), decide: () => outcome('cooked', burnt) });
  // @ts-expect-error an event of the right type with the data of another
  step(kitchen, 'cook', { rows: () => ({}), decide: () => outcome('cooked', { type: 'kitchen.cooked', data: burnt.data }) });
  // @ts-expect-error no outcome at all
  step(kitchen, 'cook', { rows: () => ({}), decide: () => [] });
  // @ts-expect-error a decision that must be waited for
  step(kitchen, 'cook', { rows: () => ({}), decide: async () => outcome('nothingToCook') });
  // @ts-expect-error an event without one of its fields
  Cooked({ orderId: '1' });
}

/** Compiled, never run. */
function commandsThatMustNotCompile(pipeline: Pipeline<ReturnType<typeof kitchenSteps>>) {
  const asked = outcome('asked', Asked({ orderId: '1', dish: 'soup' }));
  // @ts-expect-error a command is answered, not just followed by events
  step(kitchen, 'ask', { rows: () => ({}), decide: () => asked });
  // @ts-expect-error an event that the command does not declare
  step(kitchen, 'ask', { rows: () => ({}), decide: () => accepted({ table: 4 }, outcome('asked', Burnt({ orderId: '1' }))) });
  // @ts-expect-error an accepted command without its event
  step(kitchen, 'ask', { rows: () => ({}), decide: () => accepted({ table: 4 }, outcome('asked')) });
  // @ts-expect-error a code that the command does not declare
  step(kitchen, 'ask', { rows: () => ({}), decide: () => refused('kitchen_burnt', 'There is no kitchen') });
  // @ts-expect-error an event cannot be refused
  step(kitchen, 'cook', { rows: () => ({}), decide: () => refused('kitchen_closed', 'The kitchen is closed') });
  const context = { id: '1', subject: '1' };
  void pipeline.execute('ask', {}, context).then((answer) => {
    if (!answer.accepted) return;
    // @ts-expect-error a property that the reply does not have
    void answer.reply.chair;
  });
  // @ts-expect-error an event step cannot be executed by a client
  void pipeline.execute('cook', {}, context);
  // @ts-expect-error neither can a timer
  void pipeline.execute('clean', {}, context);
}

/** Compiled, never run. */
function rowsThatMustNotCompile() {
  const decide = () => outcome('nothingToCook');
  step(kitchen, 'cook', {
    rows: () => ({}),
    // @ts-expect-error a field that the consumed event does not have
    decide: ({ data }) => outcome('cooked', Cooked({ orderId: data.orderId, plates: data.plates })),
  });
  step(kitchen, 'cook', {
    rows: () => ({ dish: Dishes.existing('1') }),
    // @ts-expect-error an existing row may be absent
    decide: (_event, { dish }) => outcome('cooked', Cooked({ orderId: dish.dishId, plates: 1 })),
  });
  step(kitchen, 'cook', {
    rows: () => ({ dishes: Dishes.read(['1']) }),
    decide: (_event, { dishes }) => {
      // @ts-expect-error a row that was only read cannot be changed
      for (const dish of dishes) dish.plates = 2;
      return decide();
    },
  });
  step(kitchen, 'cook', {
    rows: () => ({ dish: Dishes.fresh('1') }),
    decide: (_event, { dish }) => {
      change(dish, { plates: 2, cook: 'Ada' });
      // @ts-expect-error a column that is misspelt
      change(dish, { plate: 2 });
      // @ts-expect-error a value of another type
      change(dish, { plates: '2' });
      // @ts-expect-error null where a column has a value
      change(dish, { plates: null });
      // @ts-expect-error a misspelt column
      dish.plate = 2;
      // @ts-expect-error the key of a row
      dish.dishId = '2';
      return decide();
    },
  });
  // @ts-expect-error rows of something that is no table
  step(kitchen, 'cook', { rows: () => ({ dish: '1' }), decide });
}

/** Compiled, never run. */
function stepsThatMustNotCompile() {
  const rows = () => ({});
  const closes = due(Dishes, 'closesAt');
  // @ts-expect-error a step that is not declared
  step(kitchen, 'serve', { rows, decide: () => outcome('cooked') });
  // @ts-expect-error a step that declares an effect, written without it
  step(kitchen, 'deliver', { rows, decide: () => outcome('delivered') });
  // @ts-expect-error the same, with its declared kind of writing
  effectStep(kitchen, 'deliver', { rows, decide: () => outcome('delivered') });
  effectStep(kitchen, 'deliver', {
    rows,
    isNeeded: ({ data }) => data.plates > 0,
    effect: async () => 'at the door',
    // @ts-expect-error the answer of a call that may not have been made
    decide: (_event, _rows, { answer }) => outcome('delivered', ...(answer.length > 0 ? [] : [])),
  });
  // @ts-expect-error an effect that the step does not declare
  effectStep(kitchen, 'cook', { rows, effect: async () => 1, decide: () => outcome('nothingToCook') });
  // @ts-expect-error a timer written as an ordinary step
  step(kitchen, 'clean', { rows, decide: () => outcome('cleaned') });
  // @ts-expect-error a timer step without the rows that it watches
  timerStep(kitchen, 'clean', { decide: () => outcome('cleaned') });
  // @ts-expect-error rows that the timer step does not name
  timerStep(kitchen, 'clean', { due: closes, decide: (_firing, { other }) => outcome('cleaned', other) });
  // @ts-expect-error an event step written as a timer
  timerStep(kitchen, 'cook', { due: closes, decide: () => outcome('nothingToCook') });
  // @ts-expect-error a property that the watched rows do not have
  due(Dishes, 'openedAt');
  // @ts-expect-error a property that is no moment
  due(Dishes, 'plates');
  // @ts-expect-error a declared step that is not written
  implement(kitchen, [ask, cook, deliver, clean]);
  // @ts-expect-error a step that is written twice
  implement(kitchen, [ask, cook, deliver, clean, count, cook]);
  // @ts-expect-error a step of another declaration
  implement(kitchen, [ask, cook, deliver, clean, count, taste]);
  // @ts-expect-error a step of another declaration, which has one of that name
  implement(kitchen, [ask, cook, deliver, clean, criticsCount]);
  // @ts-expect-error a declaration that is neither event, observer, command nor timer
  choreography('kitchen-service', { cook: { outcomes: { cooked: [Cooked] } } });
  const rude = { kind: 'rude', when: '' } as const;
  // @ts-expect-error a refusal of an unknown kind
  choreography('kitchen-service', { ask: { command: Order, outcomes: { asked: [] }, refusals: { no: rude } } });
}

test('what fits compiles, and what does not is refused by the compiler', () => {
  const refusedByTheCompiler = [
    outcomesThatMustNotCompile,
    commandsThatMustNotCompile,
    rowsThatMustNotCompile,
    stepsThatMustNotCompile,
  ];
  for (const each of refusedByTheCompiler) expect(each).toBeInstanceOf(Function);
  expect(kitchenSteps().choreography).toBe(kitchen);
});
