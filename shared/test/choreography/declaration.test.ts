import { describe, expect, test } from '@jest/globals';
import { choreography, consumedBy, delayName, emittedBy, leadsOn, problemsOf, topologyOf } from '@quickstep/shared/choreography';
import { command, event } from '@quickstep/shared/events';
import { Type } from '@sinclair/typebox';

const data = Type.Object({ orderId: Type.String() });
const Asked = event('kitchen.asked', data, { description: 'Somebody is hungry.' });
const Cooked = event('kitchen.cooked', data, { description: 'Dinner is ready.' });
const Praised = event('guest.praised', data, { description: 'It was good.', final: true });
const Order = command(data, 'Ask for dinner.');

const kitchen = choreography('kitchen-service', {
  ask: { command: Order, emits: [Asked] },
  cook: { on: [Asked], emits: [Cooked] },
  cookAgain: { on: [Asked], emits: [Cooked], compensates: 'cook' },
});
const guest = choreography('guest-service', { eat: { on: [Cooked], emits: [Praised] } });

describe('a declaration', () => {
  test('lists each event once that its service consumes and emits', () => {
    expect(consumedBy(kitchen)).toEqual([Asked]);
    expect(emittedBy(kitchen)).toEqual([Asked, Cooked]);
  });

  test('tells whether anything follows from a step', () => {
    const waiter = choreography('waiter-service', { clear: { on: [Cooked], emits: [] } });
    expect([kitchen.steps.cook, guest.steps.eat, waiter.steps.clear].map(leadsOn)).toEqual([true, false, false]);
  });

  test('cannot undo a step that its service does not have', () => {
    expect(() => choreography('guest-service', { leave: { on: [Cooked], emits: [], compensates: 'eat' } })).toThrow(
      'guest-service: step "leave" says that it compensates "eat", which is no step of this service',
    );
  });
});

describe('declarations together', () => {
  test('fit', () => {
    expect(problemsOf([kitchen, guest])).toEqual([]);
  });

  test('do not when an event has no consumer, or no publisher', () => {
    expect(problemsOf([kitchen])).toEqual(['kitchen.cooked is emitted, but no service consumes it']);
    expect(problemsOf([guest])).toEqual(['kitchen.cooked is consumed, but no service emits it']);
  });

  test('do not when a final event has a consumer', () => {
    const critic = choreography('critic-service', { listen: { on: [Praised], emits: [] } });
    expect(problemsOf([kitchen, guest, critic])).toEqual(['guest.praised is declared final, but a service consumes it']);
  });

  test('do not when a contract names other services than those that emit it', () => {
    const Cleared = event('kitchen.cleared', data, { description: 'No more plates.', emitters: ['guest-service'] });
    const cleaner = choreography('kitchen-service', { clear: { on: [Cooked], emits: [Cleared] } });
    const listener = choreography('guest-service', { listen: { on: [Cleared], emits: [Cooked] } });
    expect(problemsOf([cleaner, listener])).toEqual([
      'kitchen.cleared is emitted by kitchen-service, which its contract does not name',
      'kitchen.cooked is emitted by guest-service, which its contract does not name',
      'kitchen.cleared names guest-service, which does not emit it',
      'kitchen.cooked names kitchen-service, which does not emit it',
    ]);
  });

  test('do not when two contracts share a type', () => {
    const Twin = event('kitchen.cooked', data, { description: 'Another dinner.', emitters: ['other-service'] });
    const other = choreography('other-service', { cook: { on: [Asked], emits: [Twin] }, eat: { on: [Twin], emits: [] } });
    expect(problemsOf([kitchen, guest, other])).toEqual(['kitchen.cooked has two contracts']);
  });
});

describe('a topology', () => {
  test('follows from the declaration', () => {
    expect(topologyOf(guest, [200, 1_000])).toEqual({
      queue: 'guest-service',
      deadLetterQueue: 'guest-service.dead-letter',
      retryQueues: [
        { name: 'retry.200ms', delay: 200, bindingKey: '200ms.*', routingKey: '200ms.guest-service' },
        { name: 'retry.1s', delay: 1_000, bindingKey: '1s.*', routingKey: '1s.guest-service' },
      ],
      exchanges: ['guest.events', 'kitchen.events'],
      bindings: [{ queue: 'guest-service', exchange: 'kitchen.events', routingKey: 'kitchen.cooked' }],
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
