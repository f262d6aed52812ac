import { expect, test } from '@jest/globals';
import { reasonOf } from '@quickstep/shared/pipeline';

test.each<[unknown, string]>([
  [new Error('not now'), 'not now'],
  [new TypeError(''), 'TypeError'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
  [{ message: 'no error', toString: () => 'odd' }, 'odd'],
  [new AggregateError([new Error('refused'), new Error('refused'), new Error('unreachable')]), 'refused; unreachable'],
  [new AggregateError([new Error('refused')], 'all of it'), 'all of it'],
  [Object.assign(new Error(''), { errors: 'none' }), 'Error'],
])('what went wrong in one line: %s', (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});
