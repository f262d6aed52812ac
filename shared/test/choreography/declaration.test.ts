import { describe, expect, test } from '@jest/globals';
import {
  choreography,
  consumedBy,
  delayName,
  emitsOf,
  emittedBy,
  emittedIn,
  isCompensation,
  isPossible,
  misfitsOf,
  reactsTo,
  topologyOf,
} from '@quickstep/shared/choreography';
import { command, event } from '@quickstep/shared/events';
import { Type } from '@sinclair/typebox';

const problemsOf = (declared: Parameters<typeof misfitsOf>[0]) => misfitsOf(declared).map(({ text }) => text);

const data = Type.Object({ orderId: Type.String() });
const Asked = event('kitchen.asked', data, { description: 'Somebody is hungry.' });
const Called = event('guest.called', data, { description: 'Somebody is hungry again.' });
const Cooked = event('kitchen.cooked', data, { description: 'Dinner is ready.' });
const Burnt = event('kitchen.burnt', data, { description: 'There is no dinner.' });
const Praised = event('guest.praised', data, { description: 'It was good.', final: true });
const Order = command(data, 'Ask for dinner.');

const kitchen = choreography('kitchen-service', {
  ask: { command: Order, outcomes: { asked: [Asked] } },
  cook: {
    on: [Asked],
    effect: 'stove',
    outcomes: { cooked: [Cooked], burntOnce: [Burnt, Cooked], burnt: [Burnt], repeated: [] },
  },
  cookAgain: { on: [Asked], compensates: 'cook', outcomes: { cooked: [Cooked] } },
  close: { on: [Asked], prevents: 'cook', outcomes: { closed: [] } },
  clean: { timer: 'closing time', outcomes: { cleaned: [] } },
  count: { observes: [Asked], outcomes: { counted: [] } },
});
const guest = choreography('guest-service', {
  eat: { on: [Cooked, Burnt], outcomes: { praised: { on: [Cooked], emits: [Praised] }, silent: [] } },
});

describe('a declaration', () => {
  test('tells the kind of each step as data', () => {
    expect(Object.entries(kitchen.steps).map(([name, { kind }]) => [name, kind])).toEqual([
      ['ask', 'command'],
      ['cook', 'event'],
      ['cookAgain', 'event'],
      ['close', 'event'],
      ['clean', 'timer'],
      ['count', 'observer'],
    ]);
  });

  test('lists each event once that its service consumes and emits', () => {
    expect(consumedBy(kitchen)).toEqual([Asked]);
    expect(emittedBy(kitchen)).toEqual([Asked, Cooked, Burnt]);
  });

  test('lists what each step reacts to and may emit', () => {
    const { ask, cook, clean, count } = kitchen.steps;
    expect([ask, cook, clean, count].map(reactsTo)).toEqual([[], [Asked], [], [Asked]]);
    expect([ask, cook, clean, count].map(emitsOf)).toEqual([[Asked], [Cooked, Burnt], [], []]);
  });

  test('tells what an outcome emits, and after which events it is possible', () => {
    const { praised, silent } = guest.steps.eat.outcomes;
    expect([praised, silent].map(emittedIn)).toEqual([[Praised], []]);
    expect([Cooked, Burnt].map((after) => isPossible(praised, after))).toEqual([true, false]);
    expect([Cooked, Burnt].map((after) => isPossible(silent, after))).toEqual([true, true]);
  });

  test('tells steps that undo or prevent work from those that do it', () => {
    const { ask, cook, cookAgain, close, clean, count } = kitchen.steps;
    expect([ask, cook, cookAgain, close, clean, count].map(isCompensation)).toEqual([false, false, true, true, false, false]);
  });

  test.each(['compensates', 'prevents'])('is refused when a step %s one that its service does not have', (word) => {
    const declare = () => choreography('guest-service', { leave: { on: [Cooked], [word]: 'eat', outcomes: { left: [] } } });
    expect(declare).toThrow(
      new TypeError('guest-service: step "leave" names "eat", which is no step of this service, as what it undoes'),
    );
  });

  test('is refused when a step has no outcome', () => {
    const declare = () => choreography('guest-service', { leave: { on: [Cooked], outcomes: {} } });
    expect(declare).toThrow(new TypeError('guest-service: step "leave" declares no outcome'));
  });
});

describe('declarations together', () => {
  test('fit', () => {
    expect(problemsOf([kitchen, guest])).toEqual([]);
  });

  test('do not when an event has no consumer, or no publisher', () => {
    expect(problemsOf([kitchen])).toEqual([
      'kitchen.cooked is emitted, but no service consumes it',
      'kitchen.burnt is emitted, but no service consumes it',
    ]);
    expect(problemsOf([guest])).toEqual([
      'kitchen.cooked is consumed, but no service emits it',
      'kitchen.burnt is consumed, but no service emits it',
    ]);
  });

  test('do not when a final event has a consumer', () => {
    const critic = choreography('critic-service', { listen: { on: [Praised], outcomes: { heard: [] } } });
    expect(problemsOf([kitchen, guest, critic])).toEqual(['guest.praised is declared final, but a service consumes it']);
  });

  test('do not when a contract names other services than those that emit it', () => {
    const Cleared = event('kitchen.cleared', data, { description: 'No more plates.', emitters: ['guest-service'] });
    const cleaner = choreography('kitchen-service', { clear: { on: [Cooked], outcomes: { cleared: [Cleared] } } });
    const listener = choreography('guest-service', { listen: { on: [Cleared], outcomes: { heard: [Cooked] } } });
    expect(problemsOf([cleaner, listener])).toEqual([
      'kitchen.cleared is emitted by kitchen-service, which its contract does not name',
      'kitchen.cooked is emitted by guest-service, which its contract does not name',
      'kitchen.cleared names guest-service, which does not emit it',
      'kitchen.cooked names kitchen-service, which does not emit it',
    ]);
  });

  test('do not when two contracts share a type', () => {
    const Twin = event('kitchen.cooked', data, { description: 'Another dinner.', emitters: ['other-service'] });
    const other = choreography('other-service', {
      cook: { on: [Asked], outcomes: { cooked: [Twin] } },
      eat: { on: [Twin], outcomes: { eaten: [] } },
    });
    expect(problemsOf([kitchen, guest, other])).toEqual(['kitchen.cooked has two contracts']);
  });
});

describe('an observer', () => {
  const audit = (...observes: (typeof Cooked | typeof Praised | typeof Called)[]) =>
    choreography('audit-service', { note: { observes, outcomes: { noted: [] } } });

  test('may be added to any event, a final one too', () => {
    expect(problemsOf([kitchen, guest, audit(Cooked, Praised)])).toEqual([]);
  });

  test('does not count as the consumer that an event must have', () => {
    expect(problemsOf([kitchen, audit(Cooked)])).toEqual([
      'kitchen.cooked is emitted, but no service consumes it',
      'kitchen.burnt is emitted, but no service consumes it',
    ]);
  });

  test('wants an event that somebody emits', () => {
    expect(problemsOf([kitchen, guest, audit(Called)])).toEqual(['guest.called is consumed, but no service emits it']);
  });

  test('gets its events into the queue of its service', () => {
    expect(topologyOf(audit(Cooked, Praised), []).bindings.map(({ routingKey }) => routingKey)).toEqual([
      'kitchen.cooked',
      'guest.praised',
    ]);
  });
});

describe('a topology', () => {
  test('follows from the declaration', () => {
    expect(topologyOf(guest, [200, 1_000])).toEqual({
      streamed: false,
      queue: 'guest-service',
      deadLetterQueue: 'guest-service.dead-letter',
      retryQueues: [
        { name: 'retry.200ms', delay: 200, bindingKey: '200ms.*', routingKey: '200ms.guest-service' },
        { name: 'retry.1s', delay: 1_000, bindingKey: '1s.*', routingKey: '1s.guest-service' },
      ],
      exchanges: ['guest.events', 'kitchen.events'],
      bindings: [
        { queue: 'guest-service', exchange: 'kitchen.events', routingKey: 'kitchen.cooked' },
        { queue: 'guest-service', exchange: 'kitchen.events', routingKey: 'kitchen.burnt' },
      ],
      emits: ['guest.praised'],
      emitters: [{ service: 'kitchen-service', types: ['kitchen.cooked', 'kitchen.burnt'] }],
    });
  });

  test('declares each wait queue once, however often its delay is used', () => {
    expect(topologyOf(guest, [500, 500, 2_000, 2_000]).retryQueues.map(({ name }) => name)).toEqual(['retry.500ms', 'retry.2s']);
  });

  test.each([
    [1, '1ms'],
    [1_500, '1500ms'],
    [30_000, '30s'],
    [60_000, '1m'],
    [90_000, '90s'],
    [300_000, '5m'],
  ])('names a delay of %i ms %s', (delay, name) => {
    expect(delayName(delay)).toBe(name);
  });
});
