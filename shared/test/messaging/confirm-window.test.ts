import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Fate } from '@quickstep/shared/pipeline';
import { ConfirmWindow } from '../../src/messaging/confirm-window.js';
import type { Message } from '../../src/messaging/messages.js';

const TIMEOUT = 1_000;
const IN_FLIGHT_LIMIT = 2_000;
const WAITING_LIMIT = 5_000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A window over a channel on which the test confirms, and what became of the messages. */
function window() {
  const channel = { open: true };
  const names: string[] = [];
  const sent = new Map<string, (fate: Fate) => void>();
  const fates: string[] = [];
  const overdue: string[] = [];
  const confirms = new ConfirmWindow({
    timeout: TIMEOUT,
    open: () => channel.open,
    send: ({ routingKey }, done) => {
      names.push(routingKey);
      sent.set(routingKey, done);
    },
    overdue: ({ routingKey }) => void overdue.push(routingKey),
  });
  const add = (name: string, { count = 1, patient = false } = {}) => {
    const message: Message = { exchange: '', routingKey: name, content: Buffer.alloc(0), options: {} };
    confirms.add({ message, count, patient, settle: (fate) => void fates.push(`${name} ${fate}`) });
  };
  /** The broker says what has become of it. */
  const answer = (name: string, fate: Fate = 'confirmed') => {
    sent.get(name)?.(fate);
    jest.runAllTicks();
  };
  return { channel, confirms, add, answer, fates, overdue, names: () => [...names] };
}

const many = { count: IN_FLIGHT_LIMIT };
const patient = { patient: true };

describe('a message', () => {
  test('is sent at once, and has the fate that the broker gives it, once', () => {
    const { add, answer, names, fates } = window();
    for (const name of ['a', 'b', 'c']) add(name);
    expect(names()).toEqual(['a', 'b', 'c']);
    answer('b', 'returned');
    answer('a');
    answer('c', 'failed');
    answer('a', 'failed');
    expect(fates).toEqual(['b returned', 'a confirmed', 'c failed']);
  });

  test('waits while as many events as may be are under way, and goes in its turn', () => {
    const { add, answer, names, fates } = window();
    add('a', { count: IN_FLIGHT_LIMIT - 1 });
    add('b');
    add('c');
    add('d');
    expect(names()).toEqual(['a', 'b']);
    answer('b');
    expect(names()).toEqual(['a', 'b', 'c']);
    answer('a');
    expect(names()).toEqual(['a', 'b', 'c', 'd']);
    expect(fates).toEqual(['b confirmed', 'a confirmed']);
  });

  test('does not overtake those that wait', () => {
    const { channel, confirms, add, names } = window();
    channel.open = false;
    add('a');
    channel.open = true;
    add('b');
    expect(names()).toEqual([]);
    confirms.opened();
    expect(names()).toEqual(['a', 'b']);
  });

  test('fails at once when too many wait, unless it is patient', () => {
    const { channel, add, fates } = window();
    channel.open = false;
    for (let each = 0; each < WAITING_LIMIT; each++) add(`${each}`);
    expect(fates).toEqual([]);
    add('too many');
    add('patient', patient);
    expect(fates).toEqual(['too many failed']);
  });
});

describe('what waits when the channel is lost', () => {
  test.each([
    [false, ['a failed', 'c failed']],
    [true, ['a failed', 'b failed', 'c failed']],
  ])('fails; the patient too: %s', (all, expected) => {
    const { channel, confirms, add, fates, names } = window();
    channel.open = false;
    add('a');
    add('b', patient);
    add('c');
    if (all) confirms.close();
    else confirms.failWaiting();
    expect(fates).toEqual(expected);
    channel.open = true;
    confirms.opened();
    expect(names()).toEqual(all ? [] : ['b']);
  });
});

describe('a confirm that is overdue', () => {
  test('fails its message, is told once, and gives its place free', () => {
    const { add, fates, overdue, names } = window();
    add('a', many);
    jest.advanceTimersByTime(1);
    add('b', patient);
    jest.advanceTimersByTime(TIMEOUT - 2);
    expect([fates, overdue]).toEqual([[], []]);
    jest.advanceTimersByTime(1);
    jest.runAllTicks();
    expect([fates, overdue]).toEqual([['a failed'], ['a']]);
    expect(names()).toEqual(['a', 'b']);
  });

  test('is looked for one after the other', () => {
    const { add, fates, overdue } = window();
    add('a');
    jest.advanceTimersByTime(400);
    add('b');
    jest.advanceTimersByTime(TIMEOUT - 400);
    expect(fates).toEqual(['a failed']);
    jest.advanceTimersByTime(399);
    expect(fates).toEqual(['a failed']);
    jest.advanceTimersByTime(1);
    expect([fates, overdue]).toEqual([['a failed', 'b failed'], ['a']]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('fails what waits and is not patient', () => {
    const { add, fates } = window();
    add('a', many);
    add('b');
    add('c', patient);
    add('d');
    jest.advanceTimersByTime(TIMEOUT);
    expect(fates).toEqual(['a failed', 'b failed', 'd failed']);
  });

  test('is not that of a message sent later: what waits for its place goes on waiting', () => {
    const { add, answer, fates, names } = window();
    add('a');
    jest.advanceTimersByTime(400);
    answer('a');
    add('b', many);
    add('c');
    jest.advanceTimersByTime(TIMEOUT - 400);
    expect([fates, names()]).toEqual([['a confirmed'], ['a', 'b']]);
    answer('b');
    expect(names()).toEqual(['a', 'b', 'c']);
  });

  test('that comes late changes nothing for its message, but shows that the broker confirms again', () => {
    const { add, answer, fates, overdue, names } = window();
    add('a');
    jest.advanceTimersByTime(TIMEOUT);
    answer('a');
    add('b');
    add('c');
    expect(names()).toEqual(['a', 'b', 'c']);
    answer('b');
    expect(fates).toEqual(['a failed', 'b confirmed']);
    jest.advanceTimersByTime(TIMEOUT);
    expect([fates.at(-1), overdue]).toEqual(['c failed', ['a', 'c']]);
  });

  test('that has come is not looked for', () => {
    const { add, answer, fates, overdue } = window();
    add('a');
    answer('a');
    jest.advanceTimersByTime(2 * TIMEOUT);
    expect([fates, overdue]).toEqual([['a confirmed'], []]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('while confirms are overdue', () => {
  /** The confirm of `a` is overdue. */
  function stalled() {
    const world = window();
    world.add('a');
    jest.advanceTimersByTime(TIMEOUT);
    world.fates.splice(0);
    return world;
  }

  test('one message at a time finds out whether the broker confirms again; it and all others fail at once', () => {
    const { add, answer, fates, names } = stalled();
    add('b');
    add('c');
    expect([names(), fates]).toEqual([
      ['a', 'b'],
      ['b failed', 'c failed'],
    ]);
    answer('b', 'failed');
    add('d');
    expect([names(), fates.at(-1)]).toEqual([['a', 'b', 'd'], 'd failed']);
    answer('d');
    for (const name of ['e', 'f']) add(name);
    expect(names()).toEqual(['a', 'b', 'd', 'e', 'f']);
    expect(fates).toEqual(['b failed', 'c failed', 'd failed']);
  });

  test('the patient wait, and go one by one until a confirm comes', () => {
    const { add, answer, fates, names } = stalled();
    for (const name of ['b', 'c', 'd', 'e']) add(name, patient);
    expect([names(), fates]).toEqual([['a', 'b'], []]);
    answer('b', 'failed');
    expect([names(), fates]).toEqual([['a', 'b', 'c'], ['b failed']]);
    answer('c', 'returned');
    expect(names()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('a patient one that is overdue too lets the next find out', () => {
    const { add, fates, overdue, names } = stalled();
    for (const name of ['b', 'c']) add(name, patient);
    jest.advanceTimersByTime(TIMEOUT);
    jest.runAllTicks();
    expect([fates, overdue, names()]).toEqual([['b failed'], ['a'], ['a', 'b', 'c']]);
  });

  test('a new channel begins anew', () => {
    const { confirms, add, names, fates } = stalled();
    confirms.opened();
    for (const name of ['b', 'c']) add(name);
    expect([names(), fates]).toEqual([['a', 'b', 'c'], []]);
  });
});

test('closed, it looks for nothing any more', () => {
  const { confirms, add, fates } = window();
  add('a');
  confirms.close();
  expect(jest.getTimerCount()).toBe(0);
  expect(fates).toEqual([]);
});
