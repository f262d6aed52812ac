import { expect, test } from '@jest/globals';
import { validator } from '@quickstep/shared/events';
import { Type } from '@sinclair/typebox';
import fc from 'fast-check';

const check = validator(Type.String({ minLength: 3, maxLength: 6 }));
/** Characters of one unit and of two, and halves of them. */
const unit = fc.constantFrom('a', 'é', '😀', '\ud83d', '\ude00');

test('lengths are counted in characters, not in units', () => {
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 16 }), (text) => {
      const length = [...text].length;
      expect(check(text).length === 0).toBe(length >= 3 && length <= 6);
    }),
    { numRuns: 2_000 },
  );
});

test('what is wrong with a length is said in characters', () => {
  expect(check('ab')).toEqual([{ pointer: '', detail: 'must NOT have fewer than 3 characters' }]);
  expect(check('a'.repeat(7))).toEqual([{ pointer: '', detail: 'must NOT have more than 6 characters' }]);
});
