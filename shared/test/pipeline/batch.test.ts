import { describe, expect, test } from '@jest/globals';
import { Conflict, OutcomeUnknown, type WorkResult } from '@quickstep/shared/pipeline';
import { v7 } from 'uuid';
import { bindSteps } from '../../src/pipeline/bound-step.js';
import { BatchRunner } from '../../src/pipeline/stages/batch.js';
import { fates, hire, names, PAUSE, serve, service } from './dinner.js';
import { Cooked, Dishes, deliveryOf, kitchen, Noted, SentBack } from './kitchen.js';
import { settled } from './time.js';

describe('a batch', () => {
  test('is one transaction: claims, loads, writes, outbox, then publishing and acknowledging', async () => {
    const { order, store, publisher, plates, reports } = service();
    const done: string[] = [];
    store.onCommit = () => done.push('commit');
    publisher.fate = () => {
      done.push('publish');
      return 'confirmed';
    };
    await order('soup');
    store.begun = 0;
    const messages = await order('soup', 'salad', 'soup');
    expect(store.begun).toBe(1);
    expect(store.committed.at(-1)).toMatchObject({
      updates: [{ rows: [{ dish: 'soup', plates: 3 }], properties: ['plates'] }],
      inserts: [{ rows: [{ dish: 'salad', plates: 1 }] }],
      withdrawn: [],
    });
    expect(done.slice(2)).toEqual(['commit', 'publish', 'publish', 'publish']);
    expect(fates(messages)).toEqual(['ack', 'ack', 'ack']);
    expect([plates('soup'), reports.batches]).toEqual([3, [1, 3]]);
  });

  test('is acknowledged after its commit and not before', async () => {
    const { order, store, publisher } = service();
    let commit = () => {};
    store.onCommit = () =>
      new Promise<void>((resolve) => {
        commit = resolve;
      });
    const [message] = await order('soup');
    expect([message?.fate, publisher.types]).toEqual([[], []]);
    commit();
    await settled();
    expect([message?.fate, publisher.types]).toEqual([['ack'], [Noted.type]]);
  });

  test('that emits nothing writes no outbox entry', async () => {
    const { deliver, store } = service();
    await deliver(deliveryOf(SentBack));
    expect(store.committed).toMatchObject([{ outbox: undefined }]);
  });

  test('deletes from the outbox what was confirmed before it, and gives it back when it fails', async () => {
    const { order, store } = service();
    await order('soup');
    const [entry] = [...store.outbox.keys()];
    let failed = 0;
    store.onCommit = ({ published }) => {
      expect(published).toEqual([entry]);
      if (failed++ === 0) throw new Conflict('in the way');
    };
    await order('salad');
    expect(failed).toBe(2);
    expect([...store.outbox.keys()]).not.toContain(entry);
  });
});

describe('a step that fails in a batch', () => {
  test('fails alone: its rows and its claim are as they were, the others are written', async () => {
    const { order, store, plates } = service();
    const messages = await order('soup', 'burnt', 'salad');
    expect(fates(messages)).toEqual(['ack', 'retry: it burns,ack', 'ack']);
    expect([plates('soup'), plates('burnt'), plates('salad')]).toEqual([1, undefined, 1]);
    expect(store.committed).toMatchObject([{ withdrawn: [{ step: 'watch' }] }]);
    expect([...store.inbox]).toHaveLength(2);
    expect(store.begun).toBe(1);
  });

  test('fails alone when it cannot say which rows it wants', async () => {
    const { order, plates, store } = service();
    const messages = await order('soup', 'without rows');
    expect(fates(messages)).toEqual(['ack', 'retry: it has no rows,ack']);
    expect([plates('soup'), names(store.loaded[0] ?? [])]).toEqual([1, ['soup']]);
  });

  test('leaves no duplicate behind: another copy of its event in the same batch has failed too', async () => {
    const { deliver, store } = service();
    const id = '0193b3a0-0000-7000-8000-00000000000a';
    const copies = ['burnt', 'burnt'].map((dish) => deliveryOf(Cooked, dish, { id }));
    await deliver(...copies);
    expect(fates(copies)).toEqual(['retry: it burns,ack', 'retry: it burns,ack']);
    expect(store.inbox.size).toBe(0);
  });

  test('another copy of an event that ended well is a duplicate, in the same batch too', async () => {
    const { deliver, plates, reports } = service();
    const id = '0193b3a0-0000-7000-8000-00000000000a';
    await deliver(...['soup', 'soup'].map((dish) => deliveryOf(Cooked, dish, { id })));
    expect([plates('soup'), reports.lines]).toEqual([1, ['watch done seen', 'watch duplicate']]);
  });
});

test('nothing that goes wrong after the commit leads to another attempt', async () => {
  const { pipeline, store, reports: observer, clock } = service();
  const { relay } = pipeline;
  const takeBack = () => [];
  const options = {
    service: kitchen.service,
    store,
    clock,
    newId: v7,
    relay,
    observer,
    history: false,
    takeBack,
    gate: { open() {}, close() {}, turnAway() {} },
  };
  const [bound] = bindSteps({
    choreography: kitchen,
    steps: { cook: serve, clean: serve, refuse: serve, watch: serve, hire, cool: serve },
  }).all.filter(({ name }) => name === 'hire');
  if (bound === undefined) throw new Error('There is no such step');
  const message = { id: 'request soup', subject: 'soup', data: { name: 'Ada' } };
  const told: string[] = [];
  const settle = ({ kind }: WorkResult) => {
    if (told.push(kind) === 1) throw new Error('whoever waits is broken');
  };
  const cause = { id: message.id, tenantid: 'default' };
  const running = new BatchRunner(options).run([{ bound, message, cause, awaitedBy: 'client', answer: undefined, settle }]);
  await expect(running).rejects.toThrow('whoever waits is broken');
  expect({ begun: store.begun, told }).toEqual({ begun: 1, told: ['done'] });
});

describe('a command', () => {
  test('is answered once it is committed', async () => {
    const { command, plates, reports } = service();
    await expect(command('ada')).resolves.toEqual({ accepted: true, reply: { hired: 'ada' } });
    expect([plates('ada'), reports.lines]).toEqual([1, ['hire done known']]);
  });

  test('that is refused leaves no changed row', async () => {
    const { command, store, reports } = service();
    await expect(command('full')).resolves.toMatchObject({ accepted: false, kind: 'conflict', code: 'kitchen_full' });
    expect(store.committed).toMatchObject([{ updates: [], inserts: [], outbox: undefined }]);
    expect([store.rowsOf(Dishes).size, reports.lines]).toEqual([0, ['hire refused kitchen_full']]);
  });

  test('that meets a bug rejects with it', async () => {
    const { command } = service();
    await expect(command('bug')).rejects.toThrow(new RangeError('a bug'));
  });
});

describe('when it is unknown whether a batch was committed', () => {
  test('its clients are told just that, those that still wait that the database is away', async () => {
    const { command, store } = service();
    let fail = () => {};
    store.onCommit = () =>
      new Promise<void>((_, reject) => {
        fail = () => reject(new OutcomeUnknown('the connection was lost'));
      });
    const begun = command('ada');
    await settled();
    const waiting = command('grace');
    fail();
    const answers = await Promise.allSettled([begun, waiting]);
    expect(answers).toMatchObject([{ reason: { name: 'OutcomeUnknown' } }, { reason: { name: 'Unavailable' } }]);
  });

  test('new clients are told that the database is away while its events are held', async () => {
    const { order, command, store } = service();
    store.onCommit = () => {
      throw new OutcomeUnknown('the connection was lost');
    };
    await order('soup');
    const refusal: unknown = await command('ada').catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'Unavailable', message: 'the connection was lost' });
    expect(refusal).not.toBeInstanceOf(OutcomeUnknown);
  });

  test('its events are tried again, and are duplicates if it was', async () => {
    const { deliver, clock, plates, store, reports } = service();
    const message = deliveryOf(Cooked, 'soup');
    const claims: { step: string; eventId: string }[] = [];
    store.onBegin = (made) => claims.push(...made);
    store.onCommit = (changes) => {
      if (store.begun > 1) return;
      store.write(claims, changes);
      throw new OutcomeUnknown('the connection was lost');
    };
    await deliver(message);
    await clock.advance(PAUSE);
    expect([message.fate, plates('soup')]).toEqual([['ack'], 1]);
    expect(reports.lines.at(-1)).toBe('watch duplicate');
  });
});

test("an error of the kit's own between begin and commit leaves no transaction open, and nothing written", async () => {
  const { order, clock, plates, store } = service();
  const now = clock.now.bind(clock);
  clock.now = () => {
    throw new RangeError('a bug');
  };
  const failed = await order('soup');
  expect([fates(failed), store.open]).toEqual([['retry: a bug,ack'], 0]);
  clock.now = now;
  const messages = await order('salad');
  expect([fates(messages), plates('soup'), plates('salad')]).toEqual([['ack'], undefined, 1]);
});
