import { describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import { Unavailable } from '@quickstep/shared/pipeline';
import { compensation, forward, outside, PROBE_AFTER } from './outside.js';
import { settled } from './time.js';

const HOUR = 3_600_000;

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

  test("lets a call find out after its wait although somebody has set the database's clock back", async () => {
    const { call, begun, clock, effects } = await opened();
    clock.set(-HOUR);
    expect(effects.status).toMatchObject([{ secondsToProbe: PROBE_AFTER / 1_000 }]);
    await clock.advance(PROBE_AFTER);
    await call('e');
    expect(begun).toContain('e');
  });

  describe('with calls under way from before it opened', () => {
    /** It has opened, and four calls more are under way. */
    async function overtaken() {
      const world = outside({ concurrency: 10, timeout: 60_000 });
      const failing = ['a', 'b', 'c', 'd'];
      const slow = ['s', 't', 'u', 'v'];
      for (const id of [...failing, ...slow]) await world.call(id);
      for (const id of failing) await world.fail(id, new Error('away'));
      await world.clock.advance(PROBE_AFTER);
      await world.call('probe');
      const failSlowly = async () => {
        for (const id of slow) await world.fail(id, new Error('it took long'));
      };
      return { ...world, failSlowly };
    }

    test('stays closed once it has closed, however they end', async () => {
      const { answer, call, failSlowly, changes, begun } = await overtaken();
      await answer('probe');
      await failSlowly();
      expect(changes).toEqual(['gateway open', 'gateway half-open', 'gateway closed']);
      await call('next');
      expect(begun.at(-1)).toBe('next');
    });

    test('waits for the call that finds out, however they end', async () => {
      const { answer, failSlowly, changes } = await overtaken();
      await failSlowly();
      expect(changes).toEqual(['gateway open', 'gateway half-open']);
      await answer('probe');
      expect(changes.at(-1)).toBe('gateway closed');
    });
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
