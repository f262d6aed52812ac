import { describe, expect, test } from '@jest/globals';
import { due, outcome, timerStep } from '@quickstep/shared/choreography';
import { Busy, Unavailable } from '@quickstep/shared/pipeline';
import { change } from '@quickstep/shared/rows';
import { Burnt, Dishes, kitchen } from './kitchen.js';
import { ending, pipelineOver } from './pipeline-over.js';

const EVERY = 1_000;
/** Rows that are looked for at once. */
const PAGE = 200;

function service() {
  const fired: { id: string; subject: string; data: unknown }[] = [];
  const failing = new Set<string>();
  const staying = new Set<string>();
  const cool = timerStep(kitchen, 'cool', {
    due: due(Dishes, 'coldAt'),
    decide: ({ id, subject, data }, { due: dish }) => {
      fired.push({ id, subject, data });
      if (failing.has(subject)) throw new Error('not now');
      if (!staying.has(subject)) change(dish, { coldAt: null });
      return outcome('cold', Burnt({ dish: subject }));
    },
  });
  const steps = {
    ...{ cook: ending('repeated'), clean: ending('repeated'), refuse: ending('refused'), watch: ending('seen') },
    ...{ hire: ending('known'), cool },
  };
  const world = pipelineOver(kitchen, steps, { timersEvery: EVERY });
  const set = (...dishes: readonly string[]) => {
    for (const dish of dishes) world.store.put(Dishes, { dish, plates: 1, note: null, coldAt: new Date(0) });
  };
  return { ...world, fired, failing, staying, set, subjects: () => fired.map(({ subject }) => subject) };
}

const dishes = (count: number) => Array.from({ length: count }, (_, index) => `dish ${index}`);

describe('a timer', () => {
  test("leaves a row that failed alone for its wait, whatever somebody sets the database's clock to", async () => {
    const { pipeline, clock, store, failing, fired } = service();
    // Due by the clock that is set back, too.
    store.put(Dishes, { dish: 'soup', plates: 1, note: null, coldAt: new Date(-200 * EVERY) });
    failing.add('soup');
    pipeline.start();
    await clock.advance(EVERY);
    clock.set(-100 * EVERY);
    await clock.advance(EVERY);
    expect(fired).toHaveLength(2);
  });

  test('fires at intervals for the rows whose moment has come, and its event is caused by the firing', async () => {
    const { pipeline, clock, set, fired, publisher, reports } = service();
    pipeline.start();
    set('soup');
    await clock.advance(EVERY - 1);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toMatchObject([{ subject: 'soup', data: undefined }]);
    expect(reports.lines).toEqual(['cool done cold']);
    const [event] = publisher.published.flat().map((each) => each.event);
    expect(event).toMatchObject({ type: Burnt.type, causationid: fired[0]?.id, tenantid: 'default', correlationid: 'soup' });
    set('salad');
    await clock.advance(EVERY);
    expect(fired).toMatchObject([{ subject: 'soup' }, { subject: 'salad' }]);
  });

  test('does not fire before the pipeline starts, or after it stops', async () => {
    const { pipeline, clock, set, fired } = service();
    set('soup');
    await clock.advance(2 * EVERY);
    expect(fired).toEqual([]);
    pipeline.start();
    const stopped = pipeline.stop();
    await clock.advance(2 * EVERY);
    await stopped;
    pipeline.start();
    await clock.advance(2 * EVERY);
    expect(fired).toEqual([]);
  });

  test.each([
    ['has a later moment', new Date(EVERY + 1), [], 'cool notDue'],
    ['has no moment', null, [], 'cool notDue'],
    ['has a moment that has just come', new Date(EVERY), ['soup'], 'cool done cold'],
  ])('looks under the lock whether its row is due, which %s by then', async (_what, coldAt, expected, line) => {
    const { pipeline, clock, set, store, subjects, publisher, reports } = service();
    set('soup');
    store.onBegin = () => store.put(Dishes, { dish: 'soup', plates: 1, note: null, coldAt });
    pipeline.start();
    await clock.advance(EVERY);
    expect([subjects(), reports.lines]).toEqual([expected, [line]]);
    expect(publisher.types).toHaveLength(expected.length);
  });

  test('leaves a row alone that was deleted before it was locked', async () => {
    const { pipeline, clock, set, store, subjects, reports } = service();
    set('soup');
    store.onBegin = () => store.rowsOf(Dishes).clear();
    pipeline.start();
    await clock.advance(EVERY);
    expect([subjects(), reports.lines]).toEqual([[], ['cool notDue']]);
  });

  test('fires for page after page when there are many', async () => {
    const { pipeline, clock, set, subjects, store } = service();
    let looked = 0;
    store.onDue = () => looked++;
    set(...dishes(2 * PAGE + 1));
    pipeline.start();
    await clock.advance(EVERY);
    expect(new Set(subjects()).size).toBe(2 * PAGE + 1);
    expect([subjects().length, looked]).toEqual([2 * PAGE + 1, 3]);
  });

  test('with pages full of failing rows fires for the rows behind them, for each once an interval', async () => {
    const { pipeline, clock, set, failing, subjects } = service();
    const bad = dishes(2 * PAGE);
    for (const dish of bad) failing.add(dish);
    set(...bad, 'soup');
    pipeline.start();
    await clock.advance(EVERY);
    expect(subjects()).toEqual([...bad, 'soup']);
  });

  test('leaves a row that goes on failing alone for longer and longer', async () => {
    const { pipeline, clock, set, failing, fired } = service();
    set('soup');
    failing.add('soup');
    pipeline.start();
    const times: number[] = [];
    for (let second = 1; second <= 16; second++) {
      const before = fired.length;
      await clock.advance(EVERY);
      if (fired.length > before) times.push(second);
    }
    expect(times).toEqual([1, 2, 4, 8, 16]);
  });

  test('is held up by nothing while its rows are locked or the database is away: that is no failure of theirs', async () => {
    const { pipeline, clock, set, subjects, store } = service();
    const many = dishes(PAGE + 1);
    set(...many);
    let error: Error = new Unavailable('away');
    let away = true;
    store.onBegin = () => {
      if (away) throw error;
    };
    pipeline.start();
    for (error of [new Unavailable('away'), new Busy('locked')]) await clock.advance(EVERY);
    expect(subjects()).toEqual([]);
    away = false;
    await clock.advance(EVERY);
    expect(subjects()).toEqual(many);
  });

  test('whose rows stay due though their step succeeds fires for those behind them, and ends', async () => {
    const { pipeline, clock, set, staying, subjects } = service();
    const odd = dishes(PAGE);
    for (const dish of odd) staying.add(dish);
    set(...odd, 'soup');
    pipeline.start();
    await clock.advance(EVERY);
    expect(subjects()).toEqual([...odd, 'soup']);
    await clock.advance(EVERY);
    expect(subjects()).toEqual([...odd, 'soup', ...odd]);
    await clock.advance(EVERY);
    expect(subjects()).toEqual([...odd, 'soup', ...odd, ...odd]);
  });

  test('that fails fires again at the next interval, not at once', async () => {
    const { pipeline, clock, set, failing, subjects, reports } = service();
    set(...dishes(PAGE));
    failing.add('dish 7');
    pipeline.start();
    await clock.advance(EVERY);
    expect(subjects()).toHaveLength(PAGE);
    expect(reports.lines).toContain('timer "cool" failed; it fires again: not now (dish 7)');
    failing.clear();
    await clock.advance(EVERY);
    expect(subjects().slice(PAGE)).toEqual(['dish 7']);
  });

  test('that cannot look for rows says so, and looks again', async () => {
    const { pipeline, clock, set, store, subjects, reports } = service();
    set('soup');
    store.onDue = () => {
      throw new Error('no connection');
    };
    pipeline.start();
    await clock.advance(EVERY);
    expect(reports.lines).toEqual(['timer "cool" could not look for rows: Error no connection']);
    store.onDue = () => undefined;
    await clock.advance(EVERY);
    expect(subjects()).toEqual(['soup']);
  });

  test('lets a stop wait for what it has begun, and begins nothing more', async () => {
    const { pipeline, clock, set, store, subjects } = service();
    set(...dishes(PAGE + 1));
    let answer = () => {};
    store.onDue = () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      });
    pipeline.start();
    await clock.advance(EVERY);
    let stopped = false;
    const stopping = pipeline.stop().then(() => {
      stopped = true;
    });
    await clock.advance(0);
    expect(stopped).toBe(false);
    answer();
    await stopping;
    expect(subjects()).toHaveLength(PAGE);
  });
});

test('without timers nothing is looked for', async () => {
  const { cool: _cool, ...others } = kitchen.steps;
  const steps = {
    ...{ cook: ending('repeated'), clean: ending('repeated'), refuse: ending('refused'), watch: ending('seen') },
    hire: ending('known'),
  };
  const { pipeline, clock } = pipelineOver({ service: kitchen.service, steps: others }, steps, { sweepEvery: 1 });
  pipeline.start();
  // What is left is the sweeper of the outbox.
  expect(clock.alarms).toBe(1);
});
