import { describe, expect, test } from '@jest/globals';
import { type AnyMessage, Permanent } from '@quickstep/shared/choreography';
import { type EffectsOptions, effectKey, Unavailable } from '@quickstep/shared/pipeline';
import type { BoundStep } from '../../src/pipeline/bound-step.js';
import { Effects } from '../../src/pipeline/effects.js';
import { Ordered } from './kitchen.js';
import { eventOf, HandDrivenClock, settled } from './ports.js';

const TIMEOUT = 1_000;
const PROBE_AFTER = 5_000;

/** An outside that answers when the test says so. */
function outside(options: Partial<EffectsOptions> = {}) {
  const clock = new HandDrivenClock();
  const changes: string[] = [];
  const effects = new Effects({
    clock,
    concurrency: 10,
    timeout: TIMEOUT,
    breaker: { calls: 4, probeAfter: PROBE_AFTER },
    changed: (effect, state) => changes.push(`${effect} ${state}`),
    ...options,
  });
  const running = new Map<string, { answer(value?: unknown): void; fail(error: unknown): void }>();
  const begun: string[] = [];
  const keys: string[] = [];
  const ended: string[] = [];

  function bound(effect: string | undefined, compensation: boolean, about?: (message: AnyMessage) => string): BoundStep {
    const call = (message: AnyMessage, key: string) => {
      begun.push(message.id);
      keys.push(key);
      return new Promise((answer, fail) => running.set(message.id, { answer, fail }));
    };
    const step = { rows: () => ({}), decide: () => ({ outcome: '', events: [] }), effect: call };
    return {
      retry: { delays: [1_000], limit: 1, endless: compensation, jitter: 0 },
      ...{ name: 'charge', kind: 'event', effect, compensation, outcomes: () => new Map(), awaitedBy: () => 'saga' },
      ...{ step: about === undefined ? step : { ...step, about }, refusalKind: () => undefined },
    };
  }

  async function call(
    id: string,
    { effect = 'gateway', compensation = false }: { effect?: string; compensation?: boolean } = {},
  ) {
    effects.run(bound(effect, compensation), { id, subject: id, data: undefined }).then(
      (answer) => ended.push(`${id}: ${answer}`),
      (error: unknown) => ended.push(`${id} failed: ${error}`),
    );
    await settled();
  }

  async function answer(id: string, value: unknown = 'done') {
    running.get(id)?.answer(value);
    await settled();
  }

  async function fail(id: string, error: unknown) {
    running.get(id)?.fail(error);
    await settled();
  }
  return { effects, changes, clock, bound, call, answer, fail, begun, keys, ended };
}

const forward = { compensation: false };
const compensation = { compensation: true };

describe('calls of one effect', () => {
  test('run so many at a time, and the next begins when one has ended', async () => {
    const { call, answer, fail, begun, ended } = outside({ concurrency: 2 });
    for (const id of ['a', 'b', 'c', 'd']) await call(id);
    expect(begun).toEqual(['a', 'b']);
    await answer('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await fail('a', new Error('away'));
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    expect(ended).toEqual(['b: done', 'a failed: Error: away']);
  });

  test('leave their places free for later ones', async () => {
    const { call, answer, begun } = outside({ concurrency: 1 });
    for (const id of ['a', 'b', 'c']) {
      await call(id);
      await answer(id);
    }
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const id of ['d', 'e']) await call(id);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  test('do not wait for those of another effect', async () => {
    const { call, begun } = outside({ concurrency: 1 });
    await call('a', { effect: 'gateway' });
    await call('b', { effect: 'carrier' });
    await call('c', { effect: 'gateway' });
    expect(begun).toEqual(['a', 'b']);
  });

  test('of a step that names none are counted by the name of the step', async () => {
    const { effects, bound, begun } = outside({ concurrency: 1 });
    for (const id of ['a', 'b']) void effects.run(bound(undefined, false), { id, subject: id, data: undefined });
    await settled();
    expect(begun).toEqual(['a']);
  });
});

test('an effect has a status before it is called, and one that tells how many run and wait', async () => {
  const { clock } = outside();
  const changed = () => undefined;
  const options = { clock, concurrency: 10, timeout: TIMEOUT, breaker: { calls: 4, probeAfter: PROBE_AFTER }, changed };
  const idle = { state: 'closed', secondsToProbe: 0, running: 0, waiting: 0 };
  expect(new Effects(options, ['gateway', 'carrier']).status).toEqual([
    { effect: 'gateway', ...idle },
    { effect: 'carrier', ...idle },
  ]);
  const { effects, call } = outside({ concurrency: 1 });
  for (const id of ['a', 'b', 'c']) await call(id);
  await call('refund', compensation);
  expect(effects.status).toEqual([{ effect: 'gateway', ...idle, running: 1, waiting: 3 }]);
});

describe('compensations', () => {
  test('go before others that wait', async () => {
    const { call, answer, begun } = outside({ concurrency: 1 });
    await call('running', forward);
    await call('charge', forward);
    await call('refund', compensation);
    await answer('running');
    expect(begun).toEqual(['running', 'refund']);
    await answer('refund');
    expect(begun).toEqual(['running', 'refund', 'charge']);
  });

  test('have a fifth of the places for themselves', async () => {
    const { call, answer, begun } = outside({ concurrency: 10 });
    for (let each = 1; each <= 9; each++) await call(`charge ${each}`, forward);
    expect(begun).toHaveLength(8);
    for (let each = 1; each <= 3; each++) await call(`refund ${each}`, compensation);
    expect(begun.slice(8)).toEqual(['refund 1', 'refund 2']);
    // The place that a refund leaves is for the next refund, and then for nobody else.
    await answer('refund 1');
    expect(begun.slice(10)).toEqual(['refund 3']);
    await answer('refund 2');
    await answer('refund 3');
    expect(begun).toHaveLength(11);
    await answer('charge 1');
    expect(begun.slice(11)).toEqual(['charge 9']);
  });
});

describe('a call that takes too long', () => {
  test('has failed, and its place is free', async () => {
    const { call, answer, clock, begun, ended } = outside({ concurrency: 1 });
    await call('a');
    await call('b');
    await clock.advance(TIMEOUT - 1);
    expect(begun).toEqual(['a']);
    await clock.advance(1);
    expect(ended).toEqual(['a failed: Error: The effect of "charge" did not answer within 1000 ms']);
    expect(begun).toEqual(['a', 'b']);
    await answer('a');
    await answer('b');
    expect(ended.slice(1)).toEqual(['b: done']);
  });

  test('is not waited for any longer once it has answered or failed', async () => {
    const { call, answer, fail, clock } = outside();
    await call('a');
    await call('b');
    await answer('a');
    await fail('b', new Error('away'));
    expect(clock.alarms).toBe(0);
  });
});

describe('a circuit breaker', () => {
  /** Of the last four calls three have failed. */
  async function opened() {
    const world = outside({ concurrency: 10 });
    for (const id of ['a', 'b', 'c', 'd']) await world.call(id);
    await world.answer('a');
    for (const id of ['b', 'c', 'd']) await world.fail(id, new Error('away'));
    return world;
  }

  test('opens when more than half of the last calls have failed: no more are made, and each is told when to ask again', async () => {
    const { call, begun, ended, changes, effects, clock } = await opened();
    expect(changes).toEqual(['gateway open']);
    await clock.advance(1_500);
    await call('e');
    expect(begun).not.toContain('e');
    expect(ended.at(-1)).toBe('e failed: EffectAway: The gateway is away; it is asked again in 4 s');
    expect(effects.status).toEqual([{ effect: 'gateway', state: 'open', secondsToProbe: 3.5, running: 0, waiting: 0 }]);
  });

  test('stays closed while one order fails again and again and others succeed, and opens when as many different ones fail', async () => {
    const { call, answer, fail, changes } = outside();
    await call('poison');
    await fail('poison', new Error('an error of this card'));
    await call('good');
    await answer('good');
    for (let attempt = 0; attempt < 20; attempt++) {
      await call('poison');
      await fail('poison', new Error('an error of this card'));
    }
    expect(changes).toEqual([]);
    for (const id of ['x', 'y']) {
      await call(id);
      await fail(id, new Error('away'));
    }
    expect(changes).toEqual(['gateway open']);
  });

  test('opens when nothing succeeds although a single order is tried', async () => {
    const { call, answer, fail, changes } = outside();
    await call('good');
    await answer('good');
    for (let attempt = 0; changes.length === 0 && attempt < 20; attempt++) {
      await call('x');
      await fail('x', new Error('away'));
    }
    expect(changes).toEqual(['gateway open']);
  });

  test('stays closed while half of them succeed, and for what the outside refuses for good', async () => {
    const { call, answer, fail, changes } = outside();
    for (let round = 0; round < 10; round++) {
      for (const id of [`good ${round}`, `bad ${round}`, `refused ${round}`]) await call(id);
      await answer(`good ${round}`);
      await fail(`bad ${round}`, new Error('away'));
      await fail(`refused ${round}`, new Permanent('there is no such card'));
    }
    expect(changes).toEqual([]);
  });

  test('lets one call find out whether the outside is back; nobody else is let through meanwhile', async () => {
    const { call, answer, clock, begun, changes } = await opened();
    await clock.advance(PROBE_AFTER);
    for (const id of ['e', 'f']) await call(id);
    expect(begun.slice(4)).toEqual(['e']);
    await answer('e');
    expect(changes).toEqual(['gateway open', 'gateway half-open', 'gateway closed']);
    await call('g');
    expect(begun.slice(4)).toEqual(['e', 'g']);
  });

  test('closes when the call that finds out is refused for good: the outside has answered', async () => {
    const { call, fail, clock, begun, changes } = await opened();
    await clock.advance(PROBE_AFTER);
    await call('e');
    await fail('e', new Permanent('there is no such card'));
    expect(changes).toEqual(['gateway open', 'gateway half-open', 'gateway closed']);
    await call('f');
    expect(begun.slice(4)).toEqual(['e', 'f']);
  });

  test('has a compensation that waits find out, and not the charge that comes first', async () => {
    const { call, fail, answer, clock, begun, changes, effects } = await opened();
    await call('refund', compensation);
    expect(effects.status).toMatchObject([{ secondsToProbe: 5 }]);
    await clock.advance(PROBE_AFTER);
    await call('charge', forward);
    await call('refund', compensation);
    expect(begun.slice(4)).toEqual(['refund']);
    // It failed: the next to find out is whoever comes first.
    await fail('refund', new Error('away'));
    await call('other refund', compensation);
    await clock.advance(2 * PROBE_AFTER);
    await call('charge', forward);
    expect(begun.slice(4)).toEqual(['refund', 'charge']);
    await fail('charge', new Error('away'));
    await call('other refund', compensation);
    await clock.advance(4 * PROBE_AFTER);
    await call('charge', forward);
    // It was done elsewhere, and nobody waits for it for ever.
    await clock.advance(4 * PROBE_AFTER);
    await call('last', forward);
    await answer('last');
    expect(begun.slice(4)).toEqual(['refund', 'charge', 'last']);
    expect(changes.at(-1)).toBe('gateway closed');
  });

  test('has a compensation that waits find out each time that it opens, whoever found out the last time', async () => {
    const { call, answer, fail, clock, begun } = await opened();
    await call('refund', compensation);
    await clock.advance(PROBE_AFTER);
    await call('refund', compensation);
    await answer('refund');
    for (const id of ['e', 'f', 'g']) {
      await call(id, compensation);
      await fail(id, new Error('away'));
    }
    await call('other refund', compensation);
    await clock.advance(PROBE_AFTER);
    await call('charge', forward);
    await call('other refund', compensation);
    expect(begun.slice(4)).toEqual(['refund', 'e', 'f', 'g', 'other refund']);
  });

  test('waits twice as long after each call that found it still away', async () => {
    const { call, fail, clock, begun } = await opened();
    const waits: number[] = [];
    for (const id of ['e', 'f', 'g', 'h', 'i', 'j']) {
      let waited = 0;
      for (; !begun.includes(id); waited += 1_000) {
        await clock.advance(1_000);
        await call(id);
      }
      waits.push(waited / 1_000);
      await fail(id, new Error('away'));
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
  });

  test('sends away those that wait for a place when it opens', async () => {
    const { call, fail, begun, ended } = outside({ concurrency: 4 });
    for (const id of ['a', 'b', 'c', 'd']) await call(id, compensation);
    await call('waiting', compensation);
    for (const id of ['a', 'b', 'c', 'd']) await fail(id, new Error('away'));
    // It took the place of the first that failed, when nothing was known yet.
    expect(begun).toContain('waiting');
    await call('late', compensation);
    expect(ended.at(-1)).toMatch(/^late failed: EffectAway/);
  });

  test('sends away those whose turn comes after it has opened, and at once those that come while one finds out', async () => {
    const { call, fail, begun, ended, clock } = outside({ concurrency: 4, timeout: 60_000 });
    const first = ['a', 'b', 'c', 'd'];
    for (const id of [...first, 'e', 'f', 'g', 'h']) await call(id, compensation);
    for (const id of first) await fail(id, new Error('away'));
    expect(begun).toEqual([...first, 'e', 'f', 'g']);
    expect(ended.at(-1)).toMatch(/^h failed: EffectAway/);
    await clock.advance(PROBE_AFTER);
    await call('probe', compensation);
    expect(begun.at(-1)).toBe('probe');
    // All places are taken, yet it does not wait for one.
    await call('late', compensation);
    expect(ended.at(-1)).toMatch(/^late failed: EffectAway/);
  });

  test('is that of one effect: others are called', async () => {
    const { call, begun } = await opened();
    await call('e', { effect: 'carrier' });
    expect(begun).toContain('e');
  });
});

test('an outside that is away is an ordinary failure: Unavailable is the database alone', async () => {
  const { effects, bound, fail } = outside();
  const answer = effects.run(bound('gateway', false), { id: 'a', subject: 'a', data: undefined });
  const failure = expect(answer).rejects.toEqual(expect.not.objectContaining({ name: 'Unavailable' }));
  await settled();
  await fail('a', new Unavailable('the gateway is away'));
  await failure;
  await expect(answer).rejects.toThrow(new Error('the gateway is away'));
});

describe('the key of a call', () => {
  const order = (dish: string) => eventOf(Ordered, Ordered({ dish }));
  const { bound } = outside();

  test('names step, type and subject, so the same fact under another event id has the same', () => {
    const step = bound('gateway', false);
    expect(effectKey(step, order('soup'))).toBe('charge:table.ordered:soup');
    expect(effectKey(step, order('soup'))).toBe(effectKey(step, order('soup')));
    expect(effectKey(step, order('salad'))).not.toBe(effectKey(step, order('soup')));
  });

  test('names what the step says that it is about instead', () => {
    const step = bound('gateway', false, ({ subject }) => `about ${subject}`);
    expect(effectKey(step, order('soup'))).toBe('charge:table.ordered:about soup');
  });

  test('of a message that is no event is its own', () => {
    const command = { id: 'request-1', subject: 'soup', data: {} };
    expect(effectKey(bound('gateway', false), command)).toBe('charge:request-1:soup');
    expect(effectKey(bound('gateway', false), { ...command, id: 'request-2' })).toBe('charge:request-2:soup');
  });

  test('is what the effect is called with', async () => {
    const { effects, bound: bind, keys } = outside();
    void effects.run(bind('gateway', false), order('soup'));
    await settled();
    expect(keys).toEqual(['charge:table.ordered:soup']);
  });
});
