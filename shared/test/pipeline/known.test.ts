import { describe, expect, test } from '@jest/globals';
import { type AnyStep, outcome } from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';
import { Unavailable } from '@quickstep/shared/pipeline';
import { v7 } from 'uuid';
import { Cleaned, Cooked, deliveryOf, kitchen, Noted, Ordered, SentBack } from './kitchen.js';
import { ending, pipelineOver } from './pipeline-over.js';
import { settled } from './time.js';

/** A kitchen whose dishwasher answers when the test says so. */
function service() {
  const calls: string[] = [];
  let ends: ((error?: Error) => void)[] = [];
  const clean: AnyStep = {
    rows: () => ({}),
    effect: ({ subject }) => {
      calls.push(subject);
      return new Promise<void>((resolve, reject) => ends.push((error) => (error === undefined ? resolve() : reject(error))));
    },
    decide: ({ subject }) => outcome('cleaned', Cleaned({ dish: subject })),
  };
  const watch = ending('seen', Noted({ dish: 'soup' }));
  const steps = { cook: ending('repeated'), clean, refuse: ending('refused'), watch, hire: ending('known') };
  const world = pipelineOver(
    kitchen,
    { ...steps, cool: ending('eaten') },
    { effectBreaker: { calls: 2, probeAfter: 5_000 }, effectTimeout: 60_000 },
  );
  /** All calls under way end. */
  const answer = async (error?: Error) => {
    for (const end of ends) end(error);
    ends = [];
    await settled();
  };
  const ended = (line: string) => world.reports.lines.filter((each) => each === line).length;
  const come = async (dish: string, how: { id?: string; repeated?: boolean } = {}, contract: EventContract = SentBack) => {
    const message = deliveryOf(contract, dish, how);
    await world.deliver(message);
    return message;
  };
  return { ...world, calls, answer, ended, come };
}

describe('a copy of an event that its step has handled', () => {
  test('ends without a call', async () => {
    const { come, answer, calls, ended } = service();
    const id = v7();
    const first = await come('soup', { id });
    await answer();
    const again = await come('soup', { id: id.toUpperCase(), repeated: true });
    expect([first.fate, again.fate]).toEqual([['ack'], ['ack']]);
    expect(calls).toEqual(['soup']);
    expect([ended('clean done cleaned'), ended('clean duplicate')]).toEqual([1, 1]);
  });

  test('ends while the outside world is away: it does not wait for it', async () => {
    const { come, answer, calls, reports } = service();
    const id = v7();
    await come('soup', { id });
    await answer();
    await come('salad');
    await come('cake');
    await answer(new Error('no water'));
    expect(reports.lines).toContain('breaker of dishwasher: open');
    const again = await come('soup', { id, repeated: true });
    expect(again.fate).toEqual(['ack']);
    expect(calls).toEqual(['soup', 'salad', 'cake']);
  });

  test('is looked up together with others that come at the same time', async () => {
    const { store, pipeline, calls } = service();
    const messages = ['soup', 'salad', 'cake'].map((dish) => deliveryOf(SentBack, dish, { repeated: true }));
    for (const message of messages) pipeline.deliver(message);
    await settled();
    expect(store.lookedUp.map(({ length }) => length)).toEqual([3]);
    expect(calls).toEqual(['soup', 'salad', 'cake']);
  });
});

describe('the call is made', () => {
  test('at once, without a look, for what comes for the first time', () => {
    const { pipeline, store, calls } = service();
    pipeline.deliver(deliveryOf(SentBack));
    expect([calls, store.lookedUp]).toEqual([['soup'], []]);
  });

  test('for a copy of what nobody has handled', async () => {
    const { come, answer, calls, ended } = service();
    const message = await come('soup', { repeated: true });
    await answer();
    expect([calls, message.fate, ended('clean done cleaned')]).toEqual([['soup'], ['ack'], 1]);
  });

  test('for a copy of what another call is under way for: it may be that one that fails', async () => {
    const { come, answer, calls, ended } = service();
    const id = v7();
    await come('soup', { id });
    await come('soup', { id, repeated: true });
    expect(calls).toEqual(['soup', 'soup']);
    await answer();
    expect([ended('clean done cleaned'), ended('clean duplicate')]).toEqual([1, 1]);
  });

  test('when it cannot be looked up', async () => {
    const { come, store, calls, reports } = service();
    store.onHandled = () => {
      throw new Unavailable('no connection');
    };
    await come('soup', { repeated: true });
    expect(calls).toEqual(['soup']);
    expect(reports.lines).toContain(
      'what was handled before could not be looked up; its effects are called again: Unavailable no connection',
    );
  });
});

test.each([Ordered, Cooked])('steps without an effect are not looked up: $type', async (contract) => {
  const { come, store } = service();
  await come('soup', { repeated: true }, contract);
  expect(store.lookedUp).toEqual([]);
});
