import { expect, test } from '@jest/globals';
import { requestHash } from '@quickstep/shared/choreography';
import fc from 'fast-check';

const hashOf = (data: unknown, subject = 'thing-1') => requestHash({ id: 'work-1', subject, data, idempotencyKey: 'key-1' });
const body = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });

/** The same value, with the properties of every object the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, each]) => [name, turned(each)]),
  );
}

test('does not care in which order properties come, at any depth', () => {
  fc.assert(fc.property(body, (data) => expect(hashOf(turned(data))).toBe(hashOf(data))));
});

test('tells every other body apart, whatever fields it has', () => {
  fc.assert(
    fc.property(body, fc.string(), fc.jsonValue(), (data, name, value) => {
      fc.pre(!Object.hasOwn(data, name) && name !== '__proto__');
      expect(hashOf({ ...data, [name]: value })).not.toBe(hashOf(data));
    }),
  );
});

test.each([
  ['the order of a list', { lines: ['A', 'B'] }, { lines: ['B', 'A'] }],
  ['where one text ends and the next begins', { name: 'AdaStreet', line: '1' }, { name: 'Ada', line: 'Street1' }],
  ['a text from a number', { delta: '1' }, { delta: 1 }],
  ['null from nothing', { email: null }, {}],
])('tells %s', (_what, one, other) => expect(hashOf(one)).not.toBe(hashOf(other)));

test('tells what the request is about', () => {
  expect(hashOf({ delta: 1 }, 'SKU-1')).not.toBe(hashOf({ delta: 1 }, 'SKU-2'));
});

test('is none without a key', () => {
  expect(requestHash({ id: 'work-1', subject: 'thing-1', data: {} })).toBeNull();
});
