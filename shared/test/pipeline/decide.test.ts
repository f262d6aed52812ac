import { describe, expect, test } from '@jest/globals';
import { type AnyDecision, type AnyStep, accepted, outcome, Permanent, refused } from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';
import type { Row } from '@quickstep/shared/rows';
import { bindSteps } from '../../src/pipeline/bound-step.js';
import { decider } from '../../src/pipeline/decide.js';
import type { Work } from '../../src/pipeline/work.js';
import { loadsFor, WorkingRows } from '../../src/pipeline/working-rows.js';
import { Burnt, Cooked, Dishes, kitchen, Noted, Ordered, SentBack } from './kitchen.js';
import { ending, eventOf } from './pipeline-over.js';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const soup = { dish: 'soup' };
const stored: Row = { dish: 'soup', plates: 1, note: null, coldAt: null };
const refs = { dish: Dishes.fresh('soup'), others: Dishes.read(['salad']) };
const others = { ...{ cook: ending('cooked'), clean: ending('cleaned'), refuse: ending('refused') }, watch: ending('seen') };

/** Serves one plate more, then ends as the test says. */
function serving(end: () => AnyDecision): AnyStep {
  return {
    rows: () => refs,
    decide: (_message, { dish }) => {
      if (typeof dish === 'object' && dish !== null && 'plates' in dish) dish.plates = Number(dish.plates) + 1;
      return end();
    },
  };
}

/** What a step makes of a batch's rows, and what of them is to be written then. */
function deciding(name: 'cook' | 'hire', step: AnyStep, contract: EventContract = Ordered, time = '2026-11-24T11:00:00.000Z') {
  const steps = { ...others, hire: ending('known'), cool: ending('eaten'), [name]: step };
  const bound = bindSteps({ choreography: kitchen, steps }).all.find((each) => each.name === name);
  if (bound === undefined) throw new Error('It is not bound');
  const loads = loadsFor([refs]);
  const rows = new WorkingRows(loads, [[stored], []]);
  let ids = 0;
  const decide = decider('kitchen-service', () => `0193b3a0-0000-7000-8000-00000000000${++ids}`);
  const event = { ...eventOf(contract, { type: contract.type, data: soup }), time };
  const cause = { id: 'cause-1', tenantid: 'tenant-1', correlationid: 'saga-1' };
  const message = name === 'hire' ? { id: 'request-1', subject: 'soup', data: {} } : event;
  const body = JSON.stringify(event);
  const work: Work = {
    ...{ bound, message, cause, awaitedBy: 'saga' as const, answer: 'the answer', settle: () => undefined },
    ...(name === 'hire' ? {} : { event: { event, body, repeated: false } }),
  };
  return { decide: () => decide(work, refs, rows, NOW), changes: () => rows.changes(), work };
}

const unchanged = { updates: [], inserts: [] };
const served = { updates: [{ rows: [{ ...stored, plates: 2 }], properties: ['plates'] }], inserts: [] };

describe('a step that ends as it declares', () => {
  test.each([
    ['before now', '11:59:59.999', '12:00:00.000'],
    ['now', '12:00:00.000', '12:00:00.001'],
    ['a little later, by the clock of another database', '12:00:00.999', '12:00:01.000'],
    ['much later, by a clock that is wrong', '12:00:01.000', '12:00:00.000'],
  ])('decides after its cause, which happened %s', (_when, caused, expected) => {
    const step = serving(() => outcome('cooked', Cooked(soup), Noted(soup)));
    const { events } = deciding('cook', step, Ordered, `2026-11-24T${caused}Z`).decide();
    expect(events.map(({ event }) => event.time)).toEqual(Array(2).fill(`2026-11-24T${expected}Z`));
  });

  test('changes its rows and emits its events, stamped', () => {
    const { decide, changes, work } = deciding(
      'cook',
      serving(() => outcome('cooked', Cooked(soup), Noted(soup))),
    );
    const { result, events, ...rest } = decide();
    expect(rest).toEqual({ work });
    expect(result).toEqual({ kind: 'done', outcome: 'cooked', reply: undefined });
    expect(events.map(({ event, final }) => [event.type, event.idempotencykey, final])).toEqual([
      ['kitchen.cooked', 'cause-1:cook:0', false],
      ['kitchen.noted', 'cause-1:cook:1', true],
    ]);
    expect(events[0]?.event).toMatchObject({
      ...{ source: '/kitchen-service', subject: 'soup', causationid: 'cause-1', correlationid: 'saga-1', tenantid: 'tenant-1' },
      ...{ time: NOW.toISOString(), data: soup },
    });
    expect(changes()).toMatchObject(served);
  });

  test.each([
    [1_500, 1_500],
    // Began by the clock of another replica, which is ahead.
    [-20, 0],
  ])('tells of a saga that it ends, and that began %d ms ago, that it took %d ms', (ago, sagaMilliseconds) => {
    const began = () => new Date(NOW.getTime() - ago);
    const { decide } = deciding('cook', { rows: () => refs, began, decide: () => outcome('burnt', Burnt(soup)) });
    expect(decide().result).toEqual({ kind: 'done', outcome: 'burnt', reply: undefined, sagaMilliseconds });
  });

  test.each([
    ['ends no saga', outcome('repeated'), NOW],
    ['ends a saga of which it does not know when it began', outcome('burnt', Burnt(soup)), null],
  ])('tells of no duration where it %s', (_what, end, began) => {
    const { decide } = deciding('cook', { rows: () => refs, began: () => began, decide: () => end });
    expect(decide().result).toEqual({ kind: 'done', outcome: end.outcome, reply: undefined });
  });

  test('may emit nothing', () => {
    const { decide, changes } = deciding(
      'cook',
      serving(() => outcome('repeated')),
    );
    expect(decide()).toMatchObject({ result: { kind: 'done', outcome: 'repeated' }, events: [] });
    expect(changes()).toMatchObject(served);
  });

  test('sees the moment, the answer of its effect, and its rows', () => {
    const seen: unknown[] = [];
    const step: AnyStep = {
      rows: () => refs,
      decide: (message, rows, context) => {
        seen.push(message.subject, rows, context);
        return outcome('repeated');
      },
    };
    deciding('cook', step).decide();
    expect(seen).toEqual(['soup', { dish: stored, others: [] }, { now: NOW, answer: 'the answer' }]);
  });

  test('answers a command with its reply', () => {
    const { decide, changes } = deciding(
      'hire',
      serving(() => accepted({ name: 'Ada' }, outcome('hired', Noted(soup)))),
    );
    expect(decide()).toMatchObject({
      result: { kind: 'done', outcome: 'hired', reply: { name: 'Ada' } },
      events: [{ event: { type: 'kitchen.noted' } }],
    });
    expect(changes()).toMatchObject(served);
  });
});

test.each([
  ['kitchen_full', 'conflict'],
  ['cook_unknown', 'not-found'],
  ['name_odd', 'invalid'],
])('a command refused with %s leaves no changed row', (code, kind) => {
  const errors = [{ pointer: '/name', detail: 'is odd' }];
  const { decide, changes, work } = deciding(
    'hire',
    serving(() => refused(code, 'No', errors)),
  );
  expect(decide()).toEqual({
    work,
    result: { kind: 'refused', refusal: { accepted: false, kind, code, detail: 'No', errors } },
    events: [],
  });
  expect(changes()).toEqual(unchanged);
});

describe('a step that does not end as it declares is parked, with its rows as they were', () => {
  const wrong: [string, 'cook' | 'hire', EventContract, () => AnyDecision, string][] = [
    ['an outcome of no declaration', 'cook', Ordered, () => outcome('eaten'), 'ended in "eaten", which it does not declare here'],
    [
      'an outcome of another event',
      'cook',
      SentBack,
      () => outcome('burnt', Burnt(soup)),
      'ended in "burnt", which it does not declare here',
    ],
    [
      'an event too few',
      'cook',
      Ordered,
      () => outcome('cooked', Cooked(soup)),
      'ended in "cooked" with kitchen.cooked; it declares kitchen.cooked, kitchen.noted',
    ],
    ['no event', 'cook', Ordered, () => outcome('burnt'), 'ended in "burnt" with nothing; it declares kitchen.burnt'],
    [
      'an event too many',
      'cook',
      Ordered,
      () => outcome('burnt', Burnt(soup), Noted(soup)),
      'ended in "burnt" with kitchen.burnt, kitchen.noted; it declares kitchen.burnt',
    ],
    [
      'an event where none is declared',
      'cook',
      Ordered,
      () => outcome('repeated', Noted(soup)),
      'ended in "repeated" with kitchen.noted; it declares nothing',
    ],
    [
      "another contract's event",
      'cook',
      Ordered,
      () => outcome('burnt', Cooked(soup)),
      'ended in "burnt" with kitchen.cooked; it declares kitchen.burnt',
    ],
    [
      'events in another order',
      'cook',
      Ordered,
      () => outcome('cooked', Noted(soup), Cooked(soup)),
      'ended in "cooked" with kitchen.noted, kitchen.cooked; it declares kitchen.cooked, kitchen.noted',
    ],
    [
      'an event that breaks its contract',
      'cook',
      Ordered,
      () => outcome('burnt', Burnt({ dish: '' })),
      'emitted a kitchen.burnt that breaks its contract: /data/dish',
    ],
    [
      'a refusal of no declaration',
      'hire',
      Ordered,
      () => refused('too_late', 'No'),
      'refused with "too_late", which it does not declare',
    ],
    ['a refusal where there is no client', 'cook', Ordered, () => refused('kitchen_full', 'No'), 'refused with "kitchen_full"'],
  ];

  test.each(wrong)('%s', (_, name, contract, end, reason) => {
    const { decide, changes } = deciding(name, serving(end), contract);
    let thrown: unknown;
    try {
      decide();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Permanent);
    expect(String(thrown)).toContain(`Step "${name}" ${reason}`);
    expect(changes()).toEqual(unchanged);
  });
});

test('a step that throws leaves its rows as they were, for the next step of the batch too', () => {
  const ends = [
    () => outcome('repeated'),
    (): AnyDecision => {
      throw new Error('not now');
    },
    () => outcome('repeated'),
  ];
  const { decide, changes } = deciding(
    'cook',
    serving(() => (ends.shift() ?? (() => outcome('burnt')))()),
  );
  decide();
  expect(decide).toThrow(new Error('not now'));
  decide();
  expect(changes()).toMatchObject({ updates: [{ rows: [{ plates: 3 }] }] });
});
