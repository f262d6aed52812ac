import { describe, expect, test } from '@jest/globals';
import { arrayLiteral } from '../../src/db/array-literal.js';

describe('arrayLiteral', () => {
  test.each([
    [[], '{}'],
    [['a', 'b c', ''], '{"a","b c",""}'],
    [['say "no"', 'a\\b', '{,}'], '{"say \\"no\\"","a\\\\b","{,}"}'],
    [['NULL', null, undefined], '{"NULL",NULL,NULL}'],
    [[1, -2, true, 3n], '{1,-2,true,3}'],
    [[new Date('2026-01-02T03:04:05.678Z')], '{"2026-01-02T03:04:05.678Z"}'],
  ])('of %p', (values, literal) => {
    expect(arrayLiteral(values)).toBe(literal);
  });

  test('refuses a date that is none', () => {
    expect(() => arrayLiteral([new Date(Number.NaN)])).toThrow(RangeError);
  });
});
