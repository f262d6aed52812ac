import { beforeEach, describe, expect, test } from '@jest/globals';
import { type AnyStep, accepted, outcome, refused } from '@quickstep/shared/choreography';
import {
  Busy,
  Conflict,
  type Load,
  OutcomeUnknown,
  type PipelineOptions,
  Unavailable,
  type WorkResult,
} from '@quickstep/shared/pipeline';
import { change } from '@quickstep/shared/rows';
import { v7 } from 'uuid';
import { bindSteps } from '../../src/pipeline/bound-step.js';
import { BatchRunner } from '../../src/pipeline/stages/batch.js';
import { Cooked, Dishes, deliveryOf, kitchen, Noted, SentBack } from './kitchen.js';
import { ending, type Message, pipelineOver, settled } from './ports.js';

/** Longer than the pause after which a database that is away is tried again. */
const PAUSE = 250;
/** A third of the time after which RabbitMQ takes a delivery back. */
const HELD_AT_MOST = 600_000;
const CONFLICTS_BEFORE_HALVING = 5;

/** Serves each dish that is ordered, and fails for dishes of some names. */
const serve: AnyStep = {
  rows: ({ subject }) => {
    if (subject === 'without rows') throw new Error('it has no rows');
    return { dish: Dishes.fresh(subject) };
  },
  decide: ({ subject }, { dish }) => {
    count(dish);
    if (subject === 'burnt') throw new Error('it burns');
    return outcome('seen', Noted({ dish: subject }));
  },
};

const hire: AnyStep = {
  rows: ({ subject }) => ({ dish: Dishes.fresh(subject) }),
  decide: ({ subject }, { dish }) => {
    count(dish);
    if (subject === 'full') return refused('kitchen_full', 'There is no room');
    if (subject === 'bug') throw new RangeError('a bug');
    return accepted({ hired: subject }, outcome('known'));
  },
};

function count(dish: unknown): void {
  if (typeof dish === 'object' && dish !== null && 'plates' in dish) change(dish, { plates: Number(dish.plates) + 1 });
}

function service(changes: Partial<PipelineOptions> = {}) {
  const steps = {
    ...{ cook: ending('repeated'), clean: ending('repeated'), refuse: ending('refused'), watch: serve },
    ...{ hire, cool: ending('eaten') },
  };
  const world = pipelineOver(kitchen, steps, changes);
  const order = async (...dishes: readonly string[]) => {
    const messages = dishes.map((dish) => deliveryOf(Cooked, dish));
    await world.deliver(...messages);
    return messages;
  };
  const command = (subject: string) => world.pipeline.execute('hire', { name: 'Ada' }, { id: `request ${subject}`, subject });
  const plates = (dish: string) => world.store.rowsOf(Dishes).get(dish)?.plates;
  return { ...world, order, command, plates };
}

const fates = (messages: readonly Message[]) => messages.map(({ fate }) => fate.join());
const names = (loads: readonly Load[]) => loads.flatMap(({ keys }) => keys);

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

describe('a batch that cannot be written is cut in halves', () => {
  const dishes = Array.from({ length: 64 }, (_, index) => `dish ${index}`);

  test.each([0, 31, 32, 63])('until the one that is bad, number %d, stands alone; the others commit', async (bad) => {
    const { order, store, plates } = service();
    store.onCommit = ({ inserts }) => {
      if (inserts.some(({ rows }) => rows.some(({ dish }) => dish === `dish ${bad}`))) throw new RangeError('check violated');
    };
    const messages = await order(...dishes);
    expect(fates(messages)).toEqual(dishes.map((_, index) => (index === bad ? 'retry: check violated,ack' : 'ack')));
    expect(dishes.filter((dish) => plates(dish) !== 1)).toEqual([`dish ${bad}`]);
    // The whole, then two halves at each of six levels.
    expect(store.begun).toBe(1 + 2 * Math.log2(dishes.length));
  });

  test('in which a locked row is a transient failure of the work that wants it', async () => {
    const { order, store } = service();
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('dish 5')) throw new Busy('the row is locked');
    };
    const messages = await order(...dishes);
    expect(messages[5]?.fate).toEqual(['retry: the row is locked', 'ack']);
    expect(messages.filter(({ fate }) => fate.join() === 'ack')).toHaveLength(63);
    expect(store.begun).toBe(1 + 2 * Math.log2(dishes.length));
  });

  test('in which work that cannot say which rows it wants does not wait for a locked one', async () => {
    const { order, store } = service();
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('soup')) throw new Busy('the row is locked', [{ table: Dishes, keys: ['soup'] }]);
    };
    const messages = await order('soup', 'without rows', 'salad');
    expect(fates(messages)).toEqual(['retry: the row is locked,ack', 'retry: it has no rows,ack', 'ack']);
    expect(store.begun).toBe(2);
  });

  test("in which a locked row of another table is nobody's", async () => {
    const { order, store } = service();
    const other = { ...Dishes, name: 'cooks' };
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('soup')) throw new Busy('the row is locked', [{ table: other, keys: ['soup', 'salad'] }]);
    };
    const messages = await order('soup', 'salad');
    expect(fates(messages)).toEqual(['retry: the row is locked,ack', 'ack']);
    expect(store.begun).toBe(3);
  });

  test('unless it is known which row is locked: all work that wants it fails at once, and the rest is one batch again', async () => {
    const { deliver, store } = service();
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('soup')) throw new Busy('the row is locked', [{ table: Dishes, keys: ['soup'] }]);
    };
    const messages = dishes.map((dish, index) => deliveryOf(Cooked, index % 2 === 0 ? 'soup' : dish));
    await deliver(...messages);
    expect(fates(messages)).toEqual(dishes.map((_, index) => (index % 2 === 0 ? 'retry: the row is locked,ack' : 'ack')));
    expect(store.begun).toBe(2);
  });

  test('and a command that wants a locked row is told so, while another goes on', async () => {
    const { command, store } = service();
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('ada')) throw new Busy('the row is locked');
    };
    const answers = await Promise.allSettled([command('ada'), command('grace')]);
    expect(answers).toMatchObject([
      { status: 'rejected', reason: { name: 'Busy' } },
      { status: 'fulfilled', value: { accepted: true } },
    ]);
  });
});

describe('a batch with another transaction in its way', () => {
  test('is attempted again as it is', async () => {
    const { order, store, plates, reports } = service();
    let conflicts = 0;
    store.onCommit = () => {
      if (conflicts++ < CONFLICTS_BEFORE_HALVING) throw new Conflict('in the way');
    };
    const messages = await order('soup', 'salad');
    expect(fates(messages)).toEqual(['ack', 'ack']);
    expect([plates('soup'), store.begun, reports.conflicts]).toEqual([1, CONFLICTS_BEFORE_HALVING + 1, CONFLICTS_BEFORE_HALVING]);
    expect(reports.batches).toEqual([2]);
  });

  test('for ever is cut in halves, and what stands alone in the end has failed', async () => {
    const { order, store } = service();
    store.onCommit = ({ inserts }) => {
      if (inserts.some(({ rows }) => rows.some(({ dish }) => dish === 'soup'))) throw new Conflict('in the way');
    };
    const messages = await order('soup', 'salad');
    expect(fates(messages)).toEqual(['retry: in the way,ack', 'ack']);
    expect(store.begun).toBe(2 * (CONFLICTS_BEFORE_HALVING + 1) + 1);
  });
});

describe('while the database is away', () => {
  let away = true;
  beforeEach(() => {
    away = true;
  });

  function serviceAway(error = () => new Unavailable('no connection')) {
    const world = service();
    world.store.onBegin = () => {
      if (away) throw error();
    };
    return world;
  }

  test('events are held and tried again, without an attempt of theirs', async () => {
    const { order, clock, plates, reports } = serviceAway();
    const messages = await order('soup');
    expect([fates(messages), reports.lines]).toEqual([[''], ['the database is away: Unavailable no connection']]);
    await clock.advance(PAUSE - 1);
    away = false;
    expect(fates(messages)).toEqual(['']);
    await clock.advance(1);
    expect([fates(messages), plates('soup')]).toEqual([['ack'], 1]);
  });

  test('commands in the batch, commands that wait, and new ones are told at once', async () => {
    const { order, command, store } = serviceAway();
    let fail = () => {};
    store.onBegin = () =>
      new Promise<void>((_, reject) => {
        fail = () => reject(new Unavailable('no connection'));
      });
    await order('soup');
    const waiting = command('ada');
    const [event] = await order('salad');
    fail();
    await expect(waiting).rejects.toThrow(new Unavailable('no connection'));
    expect(event?.fate).toEqual([]);
    await expect(command('grace')).rejects.toThrow(new Unavailable('no connection'));
  });

  test('its intake is stopped once, however long that lasts, and goes on once', async () => {
    const told: string[] = [];
    const { store, deliver, clock } = service({
      intake: { pause: () => void told.push('pause'), resume: () => void told.push('resume') },
    });
    store.onBegin = () => {
      throw new Unavailable('no connection');
    };
    await deliver(deliveryOf(Cooked, 'soup'));
    for (let times = 0; times < 3; times++) await clock.advance(PAUSE);
    expect(told).toEqual(['pause']);
    store.onBegin = () => undefined;
    await clock.advance(PAUSE);
    expect(told).toEqual(['pause', 'resume']);
  });

  test('commands alone are told, and the next one is tried', async () => {
    const { command } = serviceAway();
    await expect(command('ada')).rejects.toThrow(new Unavailable('no connection'));
    away = false;
    await expect(command('grace')).resolves.toMatchObject({ accepted: true });
  });

  test('commands are taken again once it has answered', async () => {
    const { order, command, clock } = serviceAway();
    await order('soup');
    await expect(command('ada')).rejects.toThrow(Unavailable);
    away = false;
    await clock.advance(PAUSE);
    await expect(command('ada')).resolves.toMatchObject({ accepted: true });
  });

  test('commands are taken again whatever it has answered: the held events may fail', async () => {
    const { order, command, clock, store } = serviceAway();
    const messages = await order('soup');
    store.onBegin = () => {
      throw new RangeError('it answers, with an error');
    };
    await clock.advance(PAUSE);
    expect(fates(messages)).toEqual(['retry: it answers, with an error,ack']);
    store.onBegin = () => undefined;
    await expect(command('ada')).resolves.toMatchObject({ accepted: true });
  });

  test('for long, what is held waits in the broker, without an attempt of theirs; what comes next finds out', async () => {
    const { order, clock, plates, reports } = serviceAway();
    const messages = await order('soup');
    await clock.advance(HELD_AT_MOST - PAUSE);
    const later = await order('salad');
    expect(fates([...messages, ...later])).toEqual(['', '']);
    await clock.advance(PAUSE);
    const waits = 'retry: The database has been away for 10 minutes: what was held waits in the broker,ack';
    expect(fates([...messages, ...later])).toEqual([waits, waits]);
    expect(messages[0]?.waits).toEqual([{ delay: 0, attempt: 0 }]);
    expect(reports.lines.filter((line) => line.includes('waiting:'))).toHaveLength(2);
    away = false;
    await order('bread');
    expect([plates('bread'), plates('soup')]).toEqual([1, undefined]);
  });

  test('a service that stops gives its messages back', async () => {
    const { order, pipeline, clock } = serviceAway();
    const messages = await order('soup', 'salad');
    const stopped = pipeline.stop();
    await clock.advance(PAUSE);
    await stopped;
    expect(fates(messages)).toEqual(['requeue', 'requeue']);
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
