import { beforeEach, describe, expect, test } from '@jest/globals';
import { Unavailable } from '@quickstep/shared/pipeline';
import { fates, HELD_AT_MOST, PAUSE, service } from './dinner.js';
import { Cooked, deliveryOf } from './kitchen.js';

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

  test('for long, the messages that it keeps wait in the broker and use up no attempt; the next message tries again', async () => {
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

  test("for long by what has passed, whatever somebody sets the database's clock to", async () => {
    const { order, clock } = serviceAway();
    const messages = await order('soup');
    clock.set(2 * HELD_AT_MOST);
    await clock.advance(HELD_AT_MOST - PAUSE);
    expect(fates(messages)).toEqual(['']);
    clock.set(-4 * HELD_AT_MOST);
    await clock.advance(PAUSE);
    expect(fates(messages)).toEqual([expect.stringMatching(/^retry: /)]);
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
