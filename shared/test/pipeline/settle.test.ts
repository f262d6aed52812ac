import { describe, expect, test } from '@jest/globals';
import { type AnyMessage, type AnyStep, choreography, Mismatch, outcome, Permanent } from '@quickstep/shared/choreography';
import type { EventDraft } from '@quickstep/shared/events';
import { BETWEEN_EVENTS, Unavailable } from '@quickstep/shared/pipeline';
import { Burnt, Cooked, deliveryOf, kitchen, Noted, Ordered, SentBack } from './kitchen.js';
import { ending, eventOf, Message, pipelineOver, settled } from './ports.js';

const DELAYS = [1_000, 2_000, 3_000];
const RETRIES = DELAYS.length;

/** Ends well unless there is an error to throw, for every dish or for some. */
class Trial implements AnyStep {
  error: Error | undefined;
  readonly errors = new Map<string, Error>();
  readonly #name: string;
  readonly #events: readonly EventDraft[];

  constructor(name: string, ...events: readonly EventDraft[]) {
    this.#name = name;
    this.#events = events;
  }
  rows = () => ({});
  decide = ({ subject }: AnyMessage) => {
    const error = this.error ?? this.errors.get(subject);
    if (error !== undefined) throw error;
    return outcome(this.#name, ...this.#events);
  };
}

function service(changed: Readonly<Record<string, AnyStep>> = {}) {
  const cook = new Trial('repeated');
  const clean = new Trial('repeated');
  const refuse = new Trial('refused');
  const watch = new Trial('seen', Noted({ dish: 'soup' }));
  const steps = { cook, clean, refuse, watch, hire: ending('known'), cool: ending('eaten') };
  return { ...steps, ...pipelineOver(kitchen, { ...steps, ...changed }, { retryDelays: DELAYS }) };
}

const textOf = (dish: string) => JSON.stringify(eventOf(SentBack, SentBack({ dish })));
const batched = (parts: readonly string[]) => new Message(`[${parts.join(BETWEEN_EVENTS)}]`, SentBack.type, { batched: true });

describe('a message is acknowledged', () => {
  test('once every step that listens has ended well', async () => {
    const { deliver, reports } = service();
    const message = deliveryOf(SentBack);
    await deliver(message);
    expect(message.fate).toEqual(['ack']);
    expect(reports.lines).toEqual(['cook done repeated', 'clean done repeated', 'refuse done refused']);
  });

  test('not before the last of its steps and events has ended', async () => {
    const answers: (() => void)[] = [];
    const effect = () => new Promise<void>((resolve) => answers.push(resolve));
    const { deliver } = service({ clean: { ...ending('repeated'), effect } });
    const message = batched(['soup', 'salad'].map(textOf));
    await deliver(message);
    for (const answer of answers) {
      expect(message.fate).toEqual([]);
      answer();
      await settled();
    }
    expect([answers.length, message.fate]).toEqual([2, ['ack']]);
  });

  test('when its events were handled before', async () => {
    const { deliver, reports } = service();
    const id = '0193B3A0-0000-7000-8000-00000000000A';
    const [first, second] = [deliveryOf(Cooked, 'soup', { id }), deliveryOf(Cooked, 'soup', { id: id.toLowerCase() })];
    await deliver(first);
    await deliver(second);
    expect([first.fate, second.fate]).toEqual([['ack'], ['ack']]);
    expect(reports.lines).toEqual(['watch done seen', 'watch duplicate']);
  });
});

describe('a message that failed is tried again', () => {
  test.each([0, RETRIES - 1])('below the limit, at attempt %d', async (attempt) => {
    const { deliver, watch, reports } = service();
    watch.error = new Error('not now');
    const message = deliveryOf(Cooked, 'soup', { attempt });
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now', 'ack']);
    expect(message.copies).toEqual([message.body]);
    expect(reports.lines).toEqual(['watch retried: not now']);
  });

  test('only when the broker has the copy is the original acknowledged', async () => {
    const { deliver, watch } = service();
    watch.error = new Error('not now');
    const message = deliveryOf(Cooked);
    let confirm = () => {};
    message.onCopy = () =>
      new Promise<void>((resolve) => {
        confirm = resolve;
      });
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now']);
    confirm();
    await settled();
    expect(message.fate).toEqual(['retry: not now', 'ack']);
  });

  test('by the step that failed: those that ended well know it', async () => {
    const { deliver, clean, cook, reports } = service();
    clean.error = new Error('no water');
    const first = deliveryOf(SentBack);
    await deliver(first);
    expect(first.fate).toEqual(['retry: no water', 'ack']);
    clean.error = undefined;
    cook.error = new Error('would fail if it were asked');
    const again = new Message(first.body, SentBack.type, { attempt: 1 });
    await deliver(again);
    expect(again.fate).toEqual(['ack']);
    expect(reports.lines.slice(3)).toEqual(['cook duplicate', 'clean done repeated', 'refuse duplicate']);
  });
});

describe('a message is parked', () => {
  test('at the limit of attempts', async () => {
    const { deliver, watch, reports } = service();
    watch.error = new Error('not now');
    const message = deliveryOf(Cooked, 'soup', { attempt: RETRIES });
    await deliver(message);
    expect(message.fate).toEqual(['park: not now', 'ack']);
    expect(reports.lines).toEqual(['watch parked: not now']);
  });

  test('at once when no attempt can mend it', async () => {
    const { deliver, watch } = service();
    watch.error = new Permanent('never');
    const message = deliveryOf(Cooked);
    await deliver(message);
    expect(message.fate).toEqual(['park: never', 'ack']);
  });

  test('with the reasons of all its steps that failed', async () => {
    const { deliver, cook, watch, reports } = service();
    cook.error = new Permanent('never');
    watch.error = new Error('not now');
    const message = deliveryOf(Ordered, 'soup', { attempt: RETRIES });
    await deliver(message);
    expect(message.fate).toEqual(['park: never; not now', 'ack']);
    expect(reports.lines).toEqual(['cook+watch parked: never; not now']);
  });

  test('but not while one of its steps may still succeed', async () => {
    const { deliver, cook, watch } = service();
    cook.error = new Error('not now');
    watch.error = new Permanent('never');
    const message = deliveryOf(Ordered);
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now; never', 'ack']);
  });

  test.each([
    ['no JSON', 'soup', 'The message is not JSON'],
    ['an event that no step consumes', JSON.stringify(eventOf(Burnt, Burnt({ dish: 'soup' }))), 'consumes "kitchen.burnt"'],
  ])('when it is %s', async (_, body, reason) => {
    const { deliver, reports } = service();
    const message = new Message(body, Burnt.type);
    await deliver(message);
    expect(message.fate).toEqual([expect.stringContaining(reason), 'ack']);
    expect(message.copies).toEqual([body]);
    expect(reports.lines).toEqual([expect.stringMatching(/^undecodable: /)]);
  });
});

describe('a compensation', () => {
  test.each([RETRIES, RETRIES + 100])('is tried again after a transient failure, at attempt %d too', async (attempt) => {
    const { deliver, clean } = service();
    clean.error = new Error('no water');
    const message = deliveryOf(SentBack, 'soup', { attempt });
    await deliver(message);
    expect(message.fate).toEqual(['retry: no water', 'ack']);
  });

  test('is tried again although another step of the event is beyond help', async () => {
    const { deliver, clean, cook } = service();
    clean.error = new Error('no water');
    cook.error = new Permanent('never');
    const message = deliveryOf(SentBack, 'soup', { attempt: RETRIES });
    await deliver(message);
    expect(message.fate).toEqual(['retry: never; no water', 'ack']);
  });

  test('is parked at once when no attempt can mend it', async () => {
    const { deliver, clean } = service();
    clean.error = new Permanent('never');
    const message = deliveryOf(SentBack);
    await deliver(message);
    expect(message.fate).toEqual(['park: never', 'ack']);
  });

  test.each([
    [RETRIES - 1, 'retry'],
    [RETRIES, 'park'],
  ])('that contradicts the outside world, at attempt %d: %s', async (attempt, fate) => {
    const { deliver, clean } = service();
    clean.error = new Mismatch('it was never cooked');
    const message = deliveryOf(SentBack, 'soup', { attempt });
    await deliver(message);
    expect(message.fate).toEqual([`${fate}: it was never cooked`, 'ack']);
  });
});

describe('a message of several events', () => {
  const bodies = ['soup', 'salad', 'cake'].map(textOf);

  /** Of the three one ends well, one may yet, and one never will. */
  function troubled() {
    const world = service();
    world.cook.errors.set('salad', new Error('not now'));
    world.clean.errors.set('cake', new Permanent('never'));
    return world;
  }

  test('puts aside only those that failed, each alone', async () => {
    const { deliver } = troubled();
    const message = batched(bodies);
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now', 'park: never', 'ack']);
    expect(message.copies).toEqual(bodies.slice(1));
  });

  test('parks what cannot be read and what is forged, and handles the rest', async () => {
    const { deliver, reports } = service();
    const forged = JSON.stringify(eventOf(SentBack, SentBack({ dish: 'soup' }), { source: '/stranger' }));
    const message = batched(['{"type":"kitchen.odd"}', forged, ...bodies]);
    await deliver(message);
    expect(message.fate).toEqual([
      'park: No step of this service consumes "kitchen.odd"',
      'park: Forged: "/stranger" does not emit table.sent_back',
      'ack',
    ]);
    expect(message.copies).toEqual(['{"type":"kitchen.odd"}', forged]);
    expect(reports.lines.slice(0, 2).map((line) => line.split(':')[0])).toEqual(['undecodable', 'forged']);
    expect(reports.lines.filter((line) => line === 'cook done repeated')).toHaveLength(3);
  });

  test('goes back whole when one copy cannot be made, once all the others have been dealt with', async () => {
    const { deliver, reports } = troubled();
    const message = batched(bodies);
    message.onCopy = () => {
      if (message.fate.length === 1) throw new Error('the channel is closed');
    };
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now', 'park: never', 'requeue']);
    expect(reports.lines.at(-1)).toBe('a message could not be settled and goes back to its queue: Error the channel is closed');
  });
});

describe('a message goes back to its queue', () => {
  test.each(['retry', 'park'])('when no copy can be made to %s it', async (where) => {
    const { deliver, watch } = service();
    watch.error = where === 'park' ? new Permanent('never') : new Error('never');
    const message = deliveryOf(Cooked);
    message.onCopy = () => {
      throw new Error('the channel is closed');
    };
    await deliver(message);
    expect(message.fate).toEqual([`${where}: never`, 'requeue']);
  });

  test('as it came, when all that is wrong is that the database is away', async () => {
    const { deliver, clean, refuse, reports } = service();
    clean.error = new Unavailable('away');
    refuse.error = new Unavailable('away too');
    const message = deliveryOf(SentBack, 'soup', { attempt: RETRIES });
    await deliver(message);
    expect(message.fate).toEqual(['requeue']);
    expect(reports.lines.slice(1)).toEqual(['a message could not be settled and goes back to its queue: Unavailable away']);
  });

  test('but not when another step has failed for a reason of its own', async () => {
    const { deliver, clean, refuse } = service();
    clean.error = new Unavailable('away');
    refuse.error = new Error('not now');
    const message = deliveryOf(SentBack);
    await deliver(message);
    expect(message.fate).toEqual(['retry: away; not now', 'ack']);
  });
});

describe('while the outside world is away', () => {
  /** The dishwasher has failed so often that it is left alone. */
  async function away() {
    const effect = () => Promise.reject(new Error('no water'));
    const world = service({ clean: { ...ending('repeated'), effect } });
    for (let call = 0; call < 20; call++) await world.deliver(deliveryOf(SentBack, `dish ${call}`));
    expect(world.reports.lines.at(-1)).toBe('clean retried: no water');
    expect(world.reports.lines).toContain('breaker of dishwasher: open');
    return world;
  }

  test.each([0, RETRIES + 7])('a message waits, and no attempt of it is used up, at attempt %d', async (attempt) => {
    const { deliver, reports } = await away();
    const message = deliveryOf(SentBack, 'soup', { attempt });
    await deliver(message);
    expect(message.fate).toEqual([expect.stringMatching(/^retry: The dishwasher is away/), 'ack']);
    // A compensation: it comes back sooner than others would.
    expect(message.waits).toEqual([{ delay: 1_250, attempt }]);
    expect(message.failures).toMatchObject([{ errorClass: 'unavailable', step: 'clean' }]);
    expect(reports.lines.at(-1)).toMatch(/^clean waiting: /);
  });

  test('a message of which another step has failed uses up an attempt', async () => {
    const { deliver, cook } = await away();
    cook.error = new Error('not now');
    const message = deliveryOf(SentBack, 'soup');
    await deliver(message);
    expect(message.waits).toMatchObject([{ attempt: 1 }]);
  });
});

test('while the database is away nothing is called; what waits for it for long waits in the broker', async () => {
  let calls = 0;
  const effect = async () => void calls++;
  const { deliver, clock, store } = service({ clean: { ...ending('repeated'), effect } });
  store.onBegin = () => {
    throw new Unavailable('no connection');
  };
  await deliver(deliveryOf(Cooked));
  const behind = deliveryOf(SentBack);
  await deliver(behind);
  await clock.advance(599_000);
  expect([calls, behind.fate]).toEqual([0, []]);
  await clock.advance(2_000);
  expect([calls, behind.waits, behind.fate.at(-1)]).toEqual([0, [{ delay: 0, attempt: 0 }], 'ack']);
});

describe('a step with a policy of its own', () => {
  const patient = choreography('kitchen-service', {
    ...kitchen.steps,
    watch: { observes: [Ordered, Cooked], retry: { from: 2_000, limit: 5, jitter: 0 }, outcomes: { seen: [Noted] } },
  });

  test.each([
    [0, { delay: 2_000, attempt: 1 }],
    [1, { delay: 3_000, attempt: 2 }],
    [4, { delay: 3_000, attempt: 5 }],
    [5, undefined],
  ])('is tried again as it says, at attempt %d', async (attempt, wait) => {
    const steps = { ...service(), hire: ending('known'), cool: ending('eaten') };
    const { cook, clean, refuse, watch, hire, cool } = steps;
    watch.error = new Error('not now');
    const world = pipelineOver(patient, { cook, clean, refuse, watch, hire, cool }, { retryDelays: DELAYS });
    const message = deliveryOf(Cooked, 'soup', { attempt });
    await world.deliver(message);
    expect(message.waits).toEqual(wait === undefined ? [] : [wait]);
    expect(message.fate).toEqual([wait === undefined ? 'park: not now' : 'retry: not now', 'ack']);
  });
});
