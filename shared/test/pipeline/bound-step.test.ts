import { describe, expect, test } from '@jest/globals';
import { type AnyStep, choreography } from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';
import { type BoundStep, bindSteps } from '../../src/pipeline/bound-step.js';
import { Burnt, Cleaned, Cooked, Dishes, kitchen, Noted, Ordered, SentBack } from './kitchen.js';
import { ending } from './pipeline-over.js';

const steps = {
  ...{
    cook: ending('cooked'),
    clean: ending('cleaned'),
    refuse: ending('refused'),
    watch: ending('seen'),
    hire: ending('hired'),
  },
  cool: { ...ending('eaten'), due: { table: Dishes, at: 'coldAt' } },
};
const bound = bindSteps({ choreography: kitchen, steps });

function find(name: string): BoundStep {
  const found = bound.all.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no step ${name}`);
  return found;
}

/** Outcomes and the types that they emit. */
const possible = (name: string, type: string) =>
  Object.fromEntries([...find(name).outcomes(type)].map(([outcome, emits]) => [outcome, emits.map((each) => each.type)]));

test('every declared step is bound to what was written, in order', () => {
  expect(bound.all.map(({ name, kind }) => [name, kind])).toEqual([
    ['cook', 'event'],
    ['clean', 'event'],
    ['refuse', 'event'],
    ['watch', 'observer'],
    ['hire', 'command'],
    ['cool', 'timer'],
  ]);
  expect(find('cook').step).toBe(steps.cook);
  expect(bound.all.filter(({ effect }) => effect !== undefined).map(({ name, effect }) => [name, effect])).toEqual([
    ['clean', 'dishwasher'],
  ]);
});

test('a declared step that is not written is refused by name', () => {
  const { cool: _cool, ...others } = steps;
  expect(() => bindSteps({ choreography: kitchen, steps: others })).toThrow(
    new TypeError('kitchen-service: step "cool" is declared but not written'),
  );
});

test('what undoes work and what prevents it are compensations, and nothing else is', () => {
  expect(bound.all.filter(({ compensation }) => compensation).map(({ name }) => name)).toEqual(['clean', 'refuse']);
});

describe('outcomes', () => {
  test('are those that the declaration allows after the event', () => {
    expect(possible('cook', Ordered.type)).toEqual({ cooked: [Cooked.type, Noted.type], burnt: [Burnt.type], repeated: [] });
    expect(possible('cook', SentBack.type)).toEqual({ noted: [Noted.type], repeated: [] });
    expect(possible('clean', SentBack.type)).toEqual({ cleaned: [Cleaned.type], repeated: [] });
  });

  test('of commands and timers follow no event', () => {
    expect(possible('hire', '')).toEqual({ hired: [Noted.type], known: [] });
    expect(possible('cool', '')).toEqual({ cold: [Burnt.type], eaten: [] });
  });

  test('after an event that the step does not react to there are none', () => {
    expect(possible('cook', Cooked.type)).toEqual({});
    expect(possible('cook', '')).toEqual({});
    expect(possible('hire', Ordered.type)).toEqual({});
  });
});

describe('whoever waits for what a step makes', () => {
  test.each([
    ['a saga, when it may go on from there', 'cook', Ordered, 'saga'],
    ['nobody, when only final events may follow from this event', 'cook', SentBack, 'nobody'],
    ['nobody, when nothing may follow', 'refuse', SentBack, 'nobody'],
    ['nobody, for what is only observed', 'watch', Cooked, 'nobody'],
    ['nobody, for an event that the step does not react to', 'cook', Cleaned, 'nobody'],
  ])('is %s', (_, name, contract: EventContract, by) => {
    expect(find(name).awaitedBy(contract.type)).toBe(by);
  });

  test.each(['hire', 'cool'])('is the client: %s', (name) => {
    expect(find(name).awaitedBy('')).toBe('client');
  });
});

describe('events find their steps', () => {
  test('all that react to them, observers too', () => {
    const listeners = (contract: EventContract) => bound.listeners(contract.type).map(({ name }) => name);
    expect([listeners(Ordered), listeners(SentBack), listeners(Cooked), listeners(Burnt)]).toEqual([
      ['cook', 'watch'],
      ['cook', 'clean', 'refuse'],
      ['watch'],
      [],
    ]);
  });

  test('by the contracts that the service consumes', () => {
    expect(bound.contracts).toEqual(new Map([Ordered, SentBack, Cooked].map((contract) => [contract.type, contract])));
  });
});

describe('commands', () => {
  test('are found by name and check what they are given', () => {
    expect([...bound.commands.keys()]).toEqual(['hire']);
    const command = bound.commands.get('hire');
    expect(command?.bound).toBe(find('hire'));
    expect(command?.check({ name: 'Ada' })).toEqual([]);
    expect(command?.check({ name: '' })).toMatchObject([{ pointer: '/name' }]);
  });

  test('have the refusals that they declare, each of its kind', () => {
    const kinds = ['kitchen_full', 'cook_unknown', 'name_odd', 'other'].map((code) => find('hire').refusalKind(code));
    expect(kinds).toEqual(['conflict', 'not-found', 'invalid', undefined]);
    expect(find('cook').refusalKind('kitchen_full')).toBeUndefined();
  });

  test('without declared refusals have none', () => {
    const step: AnyStep = ending('done');
    const plain = choreography('plain-service', { go: { command: kitchen.steps.hire.command, outcomes: { done: [] } } });
    expect(bindSteps({ choreography: plain, steps: { go: step } }).all[0]?.refusalKind('kitchen_full')).toBeUndefined();
  });
});
