import { describe, expect, test } from '@jest/globals';
import { redact } from '@quickstep/shared/logging';
import { reasonOf } from '@quickstep/shared/pipeline';

describe('redact', () => {
  test.each([
    ['connect amqp://order:s3cret@broker:5672/q failed', 'connect amqp://***@broker:5672/q failed'],
    ['postgres://u@host/db', 'postgres://***@host/db'],
    ['Key (email)=(ada.lovelace@mail.example.org) exists', 'Key (email)=(***@***) exists'],
    ['token pm_card_ok was declined', 'token pm_*** was declined'],
    ['rabbit@localhost is down', 'rabbit@localhost is down'],
    ['postgres://u:pa/ss@h/db is away', 'postgres://***@h/db is away'],
    ['postgres://u:p@ss:w?rd#1@h/db is away', 'postgres://***@h/db is away'],
    ['postgres://h/db?user=u&password=s3cret&ssl=1', 'postgres://h/db?user=u&password=***&ssl=1'],
    ['connect with password=s3cret failed', 'connect with password=*** failed'],
    ['PASSWORD: s3cret', 'PASSWORD: ***'],
    ["host=h password='two words' user=u", "host=h password='***' user=u"],
    ['{"password":"s3cret","user":"u"}', '{"password":"***","user":"u"}'],
    ['{"reason":"{\\"client_secret\\": \\"s3c ret\\"}"}', '{"reason":"{\\"client_secret\\": \\"***\\"}"}'],
    ['PGPASSWORD=s3cret psql', 'PGPASSWORD=*** psql'],
    ['access_token=abc.def&x=1', 'access_token=***&x=1'],
    ['authorization: Bearer eyJhbGciOi.J9-_~+/==', 'authorization: Bearer ***'],
    ['AUTHORIZATION: BEARER abc', 'AUTHORIZATION: BEARER ***'],
    ['the header Bearer eyJhbGciOiJIUzI1NiJ9.e30.x was refused', 'the header Bearer *** was refused'],
    ["postgres://u:it's@h", 'postgres://***@h'],
    ['authorization: Basic dXNlcjpwYXNz, x', 'authorization: Basic ***, x'],
    ['password authentication failed for user "order"', 'password authentication failed for user "order"'],
    ['the bearer of bad news', 'the bearer of bad news'],
    ['basic checks and token buckets', 'basic checks and token buckets'],
  ])('%s', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });
});

test('reasonOf finds the words in an AggregateError', () => {
  expect(
    reasonOf(new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('connect ECONNREFUSED 127.0.0.1:5432')])),
  ).toBe('connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432');
});
