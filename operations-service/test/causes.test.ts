import { describe, expect, test } from '@jest/globals';
import type { ArchivedEvent } from '../src/archive/index.js';
import { causality, type Effect, inOrder } from '../src/archive/index.js';

let position = 0;
function archived(id: string, causationid: string, time: number): ArchivedEvent {
  const event = {
    specversion: '1.0',
    id,
    type: `test.${id}`,
    source: '/test-service',
    subject: 'subject',
    time: new Date(time).toISOString(),
    datacontenttype: 'application/json',
    dataschema: '',
    data: {},
    dataversion: '1.0',
    correlationid: 'saga',
    causationid,
    tenantid: 'default',
    idempotencykey: id,
    traceparent: '',
  } as const;
  return { position: ++position, service: 'test-service', event, body: JSON.stringify(event) };
}

const ids = (events: readonly ArchivedEvent[]) => events.map(({ event }) => event.id);
const shape = (effects: readonly Effect[]): unknown[] =>
  effects.map(({ archived: { event }, effects: more }) => [event.id, shape(more)]);

// a -> b -> c, b -> d; e came of something else. The clock of c's service is behind.
const a = archived('a', 'request', 100);
const b = archived('b', 'a', 200);
const c = archived('c', 'b', 50);
const d = archived('d', 'b', 300);
const e = archived('e', 'request 2', 250);

describe('events in order', () => {
  test('are oldest first, but no effect stands before its cause', () => {
    expect(ids(inOrder([c, d, e, b, a]))).toEqual(['a', 'b', 'c', 'e', 'd']);
  });

  test('of the same time are in the order of arrival', () => {
    const same = [archived('x', '', 1), archived('y', '', 1), archived('z', '', 1)];
    expect(ids(inOrder(same.toReversed()))).toEqual(['x', 'y', 'z']);
  });

  test("that claim to be each other's causes are all there", () => {
    expect(ids(inOrder([archived('p', 'q', 1), archived('q', 'p', 2), a]))).toEqual(['a', 'p', 'q']);
    expect(ids(inOrder([archived('self', 'self', 1)]))).toEqual(['self']);
  });
});

describe('causality', () => {
  test('names the causes from the first one, and the effects as a tree', () => {
    const { causes, effects } = causality(b, [a, b, c, d, e]);
    expect(ids(causes)).toEqual(['a']);
    expect(shape(effects)).toEqual([
      ['c', []],
      ['d', []],
    ]);
    expect(shape(causality(a, [a, b, c, d, e]).effects)).toEqual([
      [
        'b',
        [
          ['c', []],
          ['d', []],
        ],
      ],
    ]);
  });

  test("ends where events claim to be each other's causes", () => {
    const p = archived('p', 'q', 1);
    const q = archived('q', 'p', 2);
    expect(causality(p, [p, q])).toEqual({ causes: [q], effects: [] });
  });
});
