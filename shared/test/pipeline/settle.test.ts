import { describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import { Burnt, Cooked, deliveryOf, Ordered, SentBack } from './kitchen.js';
import { ending, eventOf } from './pipeline-over.js';
import { Message } from './ports.js';
import { settled } from './time.js';
import { batched, RETRIES, service, textOf } from './trials.js';

describe('a message is acknowledged', () => {
  test('once every step that listens has ended well', async () => {
    const { deliver, reports } = service();
    const message = deliveryOf(SentBack);
    await deliver(message);
    expect(message.fate).toEqual(['ack']);
    expect(reports.lines).toEqual(['cook done repeated', 'clean done repeated', 'refuse done refused']);
  });

  test('not before the last of its steps and events has ended', async () => {
    const answers: (() => void)[] = [];
    const effect = () => new Promise<void>((resolve) => answers.push(resolve));
    const { deliver } = service({ clean: { ...ending('repeated'), effect } });
    const message = batched(['soup', 'salad'].map(textOf));
    await deliver(message);
    for (const answer of answers) {
      expect(message.fate).toEqual([]);
      answer();
      await settled();
    }
    expect([answers.length, message.fate]).toEqual([2, ['ack']]);
  });

  test('when its events were handled before', async () => {
    const { deliver, reports } = service();
    const id = '0193B3A0-0000-7000-8000-00000000000A';
    const [first, second] = [deliveryOf(Cooked, 'soup', { id }), deliveryOf(Cooked, 'soup', { id: id.toLowerCase() })];
    await deliver(first);
    await deliver(second);
    expect([first.fate, second.fate]).toEqual([['ack'], ['ack']]);
    expect(reports.lines).toEqual(['watch done seen', 'watch duplicate']);
  });
});

describe('a message that failed is tried again', () => {
  test.each([0, RETRIES - 1])('below the limit, at attempt %d', async (attempt) => {
    const { deliver, watch, reports } = service();
    watch.error = new Error('not now');
    const message = deliveryOf(Cooked, 'soup', { attempt });
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now', 'ack']);
    expect(message.copies).toEqual([message.body]);
    expect(reports.lines).toEqual(['watch retried: not now']);
  });

  test('only when the broker has the copy is the original acknowledged', async () => {
    const { deliver, watch } = service();
    watch.error = new Error('not now');
    const message = deliveryOf(Cooked);
    let confirm = () => {};
    message.onCopy = () =>
      new Promise<void>((resolve) => {
        confirm = resolve;
      });
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now']);
    confirm();
    await settled();
    expect(message.fate).toEqual(['retry: not now', 'ack']);
  });

  test('by the step that failed: those that ended well know it', async () => {
    const { deliver, clean, cook, reports } = service();
    clean.error = new Error('no water');
    const first = deliveryOf(SentBack);
    await deliver(first);
    expect(first.fate).toEqual(['retry: no water', 'ack']);
    clean.error = undefined;
    cook.error = new Error('would fail if it were asked');
    const again = new Message(first.body, SentBack.type, { attempt: 1 });
    await deliver(again);
    expect(again.fate).toEqual(['ack']);
    expect(reports.lines.slice(3)).toEqual(['cook duplicate', 'clean done repeated', 'refuse duplicate']);
  });
});

describe('a message is parked', () => {
  test('at the limit of attempts', async () => {
    const { deliver, watch, reports } = service();
    watch.error = new Error('not now');
    const message = deliveryOf(Cooked, 'soup', { attempt: RETRIES });
    await deliver(message);
    expect(message.fate).toEqual(['park: not now', 'ack']);
    expect(reports.lines).toEqual(['watch parked: not now']);
  });

  test('at once when no attempt can mend it', async () => {
    const { deliver, watch } = service();
    watch.error = new Permanent('never');
    const message = deliveryOf(Cooked);
    await deliver(message);
    expect(message.fate).toEqual(['park: never', 'ack']);
  });

  test('with the reasons of all its steps that failed', async () => {
    const { deliver, cook, watch, reports } = service();
    cook.error = new Permanent('never');
    watch.error = new Error('not now');
    const message = deliveryOf(Ordered, 'soup', { attempt: RETRIES });
    await deliver(message);
    expect(message.fate).toEqual(['park: never; not now', 'ack']);
    expect(reports.lines).toEqual(['cook+watch parked: never; not now']);
  });

  test('but not while one of its steps may still succeed', async () => {
    const { deliver, cook, watch } = service();
    cook.error = new Error('not now');
    watch.error = new Permanent('never');
    const message = deliveryOf(Ordered);
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now; never', 'ack']);
  });

  test.each([
    ['no JSON', 'soup', 'The message is not JSON'],
    ['an event that no step consumes', JSON.stringify(eventOf(Burnt, Burnt({ dish: 'soup' }))), 'consumes "kitchen.burnt"'],
  ])('when it is %s', async (_, body, reason) => {
    const { deliver, reports } = service();
    const message = new Message(body, Burnt.type);
    await deliver(message);
    expect(message.fate).toEqual([expect.stringContaining(reason), 'ack']);
    expect(message.copies).toEqual([body]);
    expect(reports.lines).toEqual([expect.stringMatching(/^undecodable: /)]);
  });
});

describe('a message of several events', () => {
  const bodies = ['soup', 'salad', 'cake'].map(textOf);

  /** Of the three one ends well, one may yet, and one never will. */
  function troubled() {
    const world = service();
    world.cook.errors.set('salad', new Error('not now'));
    world.clean.errors.set('cake', new Permanent('never'));
    return world;
  }

  test('puts aside only those that failed, each alone', async () => {
    const { deliver } = troubled();
    const message = batched(bodies);
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now', 'park: never', 'ack']);
    expect(message.copies).toEqual(bodies.slice(1));
  });

  test('parks what cannot be read and what is forged, and handles the rest', async () => {
    const { deliver, reports } = service();
    const forged = JSON.stringify(eventOf(SentBack, SentBack({ dish: 'soup' }), { source: '/stranger' }));
    const message = batched(['{"type":"kitchen.odd"}', forged, ...bodies]);
    await deliver(message);
    expect(message.fate).toEqual([
      'park: No step of this service consumes "kitchen.odd"',
      'park: Forged: "/stranger" does not emit table.sent_back',
      'ack',
    ]);
    expect(message.copies).toEqual(['{"type":"kitchen.odd"}', forged]);
    expect(reports.lines.slice(0, 2).map((line) => line.split(':')[0])).toEqual(['undecodable', 'forged']);
    expect(reports.lines.filter((line) => line === 'cook done repeated')).toHaveLength(3);
  });

  test('goes back whole when one copy cannot be made, once all the others have been dealt with', async () => {
    const { deliver, reports } = troubled();
    const message = batched(bodies);
    message.onCopy = () => {
      if (message.fate.length === 1) throw new Error('the channel is closed');
    };
    await deliver(message);
    expect(message.fate).toEqual(['retry: not now', 'park: never', 'requeue']);
    expect(reports.lines.at(-1)).toBe('a message could not be settled and goes back to its queue: Error the channel is closed');
  });
});
