import { expect, test } from '@jest/globals';
import { Type } from '@sinclair/typebox';
import { validator } from '../../src/events/index.js';

const verdicts = Type.Array(Type.Union([Type.Literal('sent'), Type.Literal('kept')]));
const check = validator(
  Type.Object({
    verdicts: Type.Optional(verdicts),
    from: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d(T.*)?$' })),
    reason: Type.Optional(Type.String({ pattern: '^[^\\u0000]*$' })),
    code: Type.Optional(Type.String({ pattern: '^[A-Z]+$' })),
  }),
);

test.each([
  [{ verdicts: ['sent', 'lost', 'gone'] }, ['/verdicts/1 must be one of sent, kept', '/verdicts/2 must be one of sent, kept']],
  [{ from: 'yesterday' }, ['/from must be a time as in RFC 3339: 2026-01-31T12:00:00Z']],
  [{ reason: 'a\0b' }, ['/reason has a NUL character in it']],
  [{ code: 'x' }, ['/code must match pattern "^[A-Z]+$"']],
])('%j: one error a field, in words', (value, errors) => {
  expect(check(value).map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual(errors);
});
