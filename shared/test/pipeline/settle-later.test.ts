import { describe, expect, test } from '@jest/globals';
import { type AnyMessage, choreography, Mismatch, Permanent } from '@quickstep/shared/choreography';
import { Unavailable } from '@quickstep/shared/pipeline';
import { Cooked, deliveryOf, kitchen, Noted, Ordered, SentBack } from './kitchen.js';
import { ending, pipelineOver } from './pipeline-over.js';
import { DELAYS, RETRIES, service } from './trials.js';

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
    const isNeeded = ({ subject }: AnyMessage) => subject !== 'clean plate';
    const world = service({ clean: { ...ending('repeated'), isNeeded, effect } });
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

  test('a message for which no call is needed waits for nobody, and finds out nothing of the outside', async () => {
    const { deliver, clock, reports } = await away();
    const before = reports.lines.length;
    await clock.advance(60_000);
    const message = deliveryOf(SentBack, 'clean plate');
    await deliver(message);
    expect(message.fate).toEqual(['ack']);
    expect(reports.lines.slice(before).filter((line) => /clean|breaker/.test(line))).toEqual(['clean done repeated']);
  });

  test('a message of which another step has failed uses up an attempt', async () => {
    const { deliver, cook } = await away();
    cook.error = new Error('not now');
    const message = deliveryOf(SentBack, 'soup');
    await deliver(message);
    expect(message.waits).toMatchObject([{ attempt: 1 }]);
  });
});

describe('a forward step whose effect is away', () => {
  const frying = choreography('kitchen-service', {
    ...kitchen.steps,
    fry: { on: [Cooked], effect: 'stove', outcomes: { fried: [] } },
  });

  test.each([
    ['has used up its attempts', new Error('not now'), RETRIES],
    ['has used up its attempts long ago', new Error('not now'), RETRIES + 7],
    ['is beyond help', new Permanent('never'), 0],
  ])('is not given up because another step of the event %s, and loses no attempt', async (_, error, attempt) => {
    const { cook, clean, refuse, watch } = service();
    const fry = { ...ending('fried'), effect: () => Promise.reject(new Error('no gas')) };
    const steps = { cook, clean, refuse, watch, fry, hire: ending('known'), cool: ending('eaten') };
    const { deliver, reports } = pipelineOver(frying, steps, { retryDelays: DELAYS });
    for (let call = 0; call < 20; call++) await deliver(deliveryOf(Cooked, `dish ${call}`));
    expect(reports.lines).toContain('breaker of stove: open');
    watch.error = error;
    const message = deliveryOf(Cooked, 'soup', { attempt });
    await deliver(message);
    expect(message.fate).toEqual([expect.stringMatching(/^retry: /), 'ack']);
    expect(message.waits).toEqual([{ delay: 5_000, attempt }]);
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

test('a service that stops while the database is away gives back what waits with its call, and makes none', async () => {
  let calls = 0;
  const effect = async () => void calls++;
  const { deliver, clock, store, pipeline } = service({ clean: { ...ending('repeated'), effect } });
  store.onBegin = () => {
    throw new Unavailable('no connection');
  };
  const [held, behind] = [deliveryOf(Cooked), deliveryOf(SentBack)];
  await deliver(held);
  await deliver(behind);
  const stopped = pipeline.stop();
  await clock.advance(2_000);
  await stopped;
  expect([calls, held.fate, behind.fate]).toEqual([0, ['requeue'], ['requeue']]);
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
