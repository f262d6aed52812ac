import { expect, test } from '@jest/globals';
import { accepted, outcome, refused } from '@quickstep/shared/choreography';

test('a command is carried out with a reply and an end, or refused with a code, a reason and perhaps the fields', () => {
  const ended = outcome('hired');
  expect(ended).toEqual({ outcome: 'hired', events: [] });
  expect(accepted({ id: 1 }, ended)).toEqual({ accepted: true, reply: { id: 1 }, ended });
  expect(refused('full', 'There is no room')).toStrictEqual({ accepted: false, code: 'full', detail: 'There is no room' });
  const errors = [{ pointer: '/name', detail: 'is odd' }];
  expect(refused('odd', 'It is no name', errors)).toStrictEqual({
    accepted: false,
    code: 'odd',
    detail: 'It is no name',
    errors,
  });
});
