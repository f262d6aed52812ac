import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { effectKey } from '@quickstep/shared/pipeline';
import { Effects } from '../../src/pipeline/effects.js';
import { Ordered } from './kitchen.js';
import { compensation, forward, outside, PROBE_AFTER, TIMEOUT } from './outside.js';
import { eventOf } from './pipeline-over.js';
import { settled } from './time.js';

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

  test('is broken off: it keeps no connection beside that of the one that takes its place', async () => {
    const server = createServer(() => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port');
    const url = `http://127.0.0.1:${address.port}`;
    const { effects, bound, clock } = outside({ concurrency: 1 });
    const call = (id: string) => {
      const one = bound('gateway', false);
      const effect = (_message: unknown, _key: string, signal: AbortSignal) => fetch(`${url}/${id}`, { signal });
      return effects.run({ ...one, step: { ...one.step, effect } }, { id, subject: id, data: undefined }).catch(String);
    };
    const arrival = async (): Promise<IncomingMessage> => (await once(server, 'request'))[0];
    const calls = [call('a'), call('b')];
    for (const path of ['/a', '/b']) {
      const request = await arrival();
      expect(request.url).toBe(path);
      const closed = once(request.socket, 'close');
      await clock.advance(TIMEOUT);
      await closed;
    }
    const late = 'Error: The effect of "charge" did not answer within 1000 ms';
    expect(await Promise.all(calls)).toEqual([late, late]);
    server.close();
  }, 30_000);

  test('is not waited for any longer once it has answered or failed', async () => {
    const { call, answer, fail, clock } = outside();
    await call('a');
    await call('b');
    await answer('a');
    await fail('b', new Error('away'));
    expect(clock.alarms).toBe(0);
  });
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
