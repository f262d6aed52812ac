import { describe, expect, test } from '@jest/globals';
import { type AnyMessage, type AnyStep, accepted, outcome } from '@quickstep/shared/choreography';
import { Busy, type PipelineOptions, Unavailable } from '@quickstep/shared/pipeline';
import { Cleaned, Cooked, deliveryOf, kitchen, Noted, SentBack } from './kitchen.js';
import { ending, pipelineOver } from './pipeline-over.js';
import { settled } from './time.js';

const LINGER = 60;
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function service(changes: Partial<PipelineOptions> = {}) {
  const seen: AnyMessage[] = [];
  const answers: (() => void)[] = [];
  const keys: string[] = [];
  const hire: AnyStep = {
    rows: () => ({}),
    decide: (message) => {
      seen.push(message);
      return accepted({ hired: message.subject }, outcome('hired', Noted({ dish: message.subject })));
    },
  };
  const clean: AnyStep = {
    rows: () => ({}),
    effect: (_message, key) => {
      keys.push(key);
      return new Promise((resolve) => answers.push(() => resolve('clean')));
    },
    decide: ({ subject }, _rows, { answer }) =>
      answer === 'clean' ? outcome('cleaned', Cleaned({ dish: subject })) : outcome('repeated'),
  };
  const steps = {
    ...{ cook: ending('repeated'), clean, refuse: ending('refused'), watch: ending('seen', Noted({ dish: 'soup' })), hire },
    cool: ending('eaten'),
  };
  const world = pipelineOver(kitchen, steps, changes);
  const command = (subject = 'ada', data: unknown = { name: 'Ada' }) =>
    world.pipeline.execute('hire', data, { id: `id of ${subject}`, subject });
  return { ...world, seen, answers, keys, command };
}

describe('a command', () => {
  test('reaches its step with all that came with it, and its events tell where they come from', async () => {
    const { pipeline, seen, publisher } = service();
    const context = { id: 'work-1', requestId: 'request-1', subject: 'ada', idempotencyKey: 'key-1', tenantid: 'tenant-1' };
    await pipeline.execute('hire', { name: 'Ada' }, { ...context, traceparent: TRACE });
    expect(seen).toEqual([
      { id: 'work-1', requestId: 'request-1', subject: 'ada', idempotencyKey: 'key-1', data: { name: 'Ada' } },
    ]);
    const [event] = publisher.published.flat().map((each) => each.event);
    expect(event).toMatchObject({ causationid: 'work-1', correlationid: 'ada', tenantid: 'tenant-1' });
    expect(event?.traceparent.slice(3, 35)).toBe(TRACE.slice(3, 35));
  });

  test('of no tenant is of the default one', async () => {
    const { command, publisher } = service();
    await command();
    expect(publisher.published.flat()[0]?.event.tenantid).toBe('default');
  });

  test('that nobody declared is a bug of the caller', async () => {
    const { pipeline } = service();
    const context = { id: '1', subject: 'ada' };
    await expect(pipeline.execute('fire', {}, context)).rejects.toThrow(new TypeError('There is no command "fire"'));
    await expect(pipeline.execute('cook', {}, context)).rejects.toThrow(TypeError);
  });

  test('with wrong fields is refused before anything is begun', async () => {
    const { command, store, reports } = service();
    await expect(command('ada', { name: '', age: 7 })).resolves.toEqual({
      ...{ accepted: false, kind: 'invalid', code: 'invalid_request', detail: 'The request has wrong fields' },
      errors: [expect.objectContaining({ pointer: '/age' }), expect.objectContaining({ pointer: '/name' })],
    });
    expect([store.begun, reports.lines]).toEqual([0, []]);
  });

  test('is turned away when too many wait, and taken when they no longer do', async () => {
    const { command, store } = service({ commandLimit: 2 });
    const begin: (() => void)[] = [];
    store.onBegin = () => new Promise<void>((resolve) => begin.push(resolve));
    // The first is under way; the next two wait.
    const taken = [command('1')];
    await settled();
    taken.push(command('2'), command('3'));
    await expect(command('4')).rejects.toThrow(new Unavailable('Too many requests are waiting'));
    store.onBegin = () => undefined;
    begin[0]?.();
    await expect(Promise.all(taken)).resolves.toHaveLength(3);
    await expect(command('5')).resolves.toMatchObject({ accepted: true });
  });

  test('is turned away once the pipeline stops', async () => {
    const { pipeline, command } = service();
    await pipeline.stop();
    await expect(command()).rejects.toThrow(Unavailable);
  });

  test('that failed is not reported as handled', async () => {
    const { command, store, reports } = service();
    store.onBegin = () => {
      throw new Busy('locked');
    };
    await expect(command()).rejects.toThrow(Busy);
    expect(reports.lines).toEqual([]);
  });
});

describe('an effect', () => {
  test('is called before its message joins a batch, and its answer reaches the step', async () => {
    const { deliver, answers, keys, store, publisher, reports } = service();
    const message = deliveryOf(SentBack);
    await deliver(message);
    expect([keys, message.fate]).toEqual([['clean:table.sent_back:soup'], []]);
    expect(store.committed.flatMap(({ outbox }) => outbox ?? [])).toEqual([]);
    answers[0]?.();
    await settled();
    expect(message.fate).toEqual(['ack']);
    expect(publisher.types).toEqual([Cleaned.type]);
    expect(reports.lines.at(-1)).toBe('clean done cleaned');
  });

  test('that does not answer in time fails its message', async () => {
    const { deliver, clock } = service({ effectTimeout: 100 });
    const message = deliveryOf(SentBack);
    await deliver(message);
    await clock.advance(100);
    expect(message.fate).toEqual(['retry: The effect of "clean" did not answer within 100 ms', 'ack']);
  });

  test('has a status before it is called', () => {
    const idle = { state: 'closed', secondsToProbe: 0, running: 0, waiting: 0 };
    expect(service().pipeline.effects).toEqual([{ effect: 'dishwasher', ...idle }]);
  });

  test('runs for so many at a time', async () => {
    const { deliver, keys, answers, pipeline } = service({ effectConcurrency: 1 });
    await deliver(deliveryOf(SentBack, 'soup'), deliveryOf(SentBack, 'salad'));
    expect(keys).toHaveLength(1);
    expect(pipeline.effects).toMatchObject([{ effect: 'dishwasher', state: 'closed', running: 1, waiting: 1 }]);
    answers[0]?.();
    await settled();
    expect(keys).toHaveLength(2);
  });

  test('under way keeps a full window from being hurried, and hurries it when it has ended', async () => {
    const { deliver, answers, store } = service({ linger: LINGER, prefetch: 2 });
    const messages = [deliveryOf(SentBack), deliveryOf(Cooked)];
    await deliver(...messages);
    expect(store.begun).toBeLessThanOrEqual(1);
    answers[0]?.();
    await settled();
    expect(messages.map(({ fate }) => fate)).toEqual([['ack'], ['ack']]);
  });
});

test('what is delivered and not settled yet is counted, and how each reacting step is tried again is told', async () => {
  const { deliver, answers, pipeline } = service();
  await deliver(deliveryOf(SentBack), deliveryOf(SentBack, 'salad'));
  expect(pipeline.messagesInFlight).toBe(2);
  answers[0]?.();
  await settled();
  expect(pipeline.messagesInFlight).toBe(1);
  expect(pipeline.retries.map(({ step, retry }) => [step, retry.endless])).toEqual([
    ['cook', false],
    ['clean', true],
    ['refuse', true],
    ['watch', false],
  ]);
});

describe('a stop', () => {
  test('waits for what has arrived, and for what is being published', async () => {
    const { deliver, answers, pipeline, publisher, store } = service();
    const message = deliveryOf(SentBack);
    await deliver(message);
    let confirm = () => {};
    publisher.fate = () =>
      new Promise((resolve) => {
        confirm = () => resolve('confirmed');
      });
    let stopped = false;
    const stopping = pipeline.stop().then(() => {
      stopped = true;
    });
    await settled();
    expect([stopped, message.fate]).toEqual([false, []]);
    answers[0]?.();
    await settled();
    expect([stopped, message.fate]).toEqual([false, ['ack']]);
    confirm();
    await stopping;
    expect(store.outbox.size).toBe(0);
  });

  test('waits for commands that are under way', async () => {
    const { command, pipeline, store } = service();
    let begin = () => {};
    store.onBegin = () =>
      new Promise<void>((resolve) => {
        begin = resolve;
      });
    const answer = command();
    await settled();
    let stopped = false;
    const stopping = pipeline.stop().then(() => {
      stopped = true;
    });
    await settled();
    expect(stopped).toBe(false);
    begin();
    await stopping;
    await expect(answer).resolves.toMatchObject({ accepted: true });
  });
});
