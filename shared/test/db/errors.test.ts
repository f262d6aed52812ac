import { describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import { Busy, Conflict, Unavailable } from '@quickstep/shared/pipeline';
import { refused, translate } from '../../src/db/errors.js';

const coded = (code: unknown, message = 'away', more = {}) => Object.assign(new Error(message), { code, ...more });

describe('the database is away', () => {
  const codes = ['ECONNREFUSED', 'ECONNRESET', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT'];
  const states = ['08006', '08P01', '53100', '53300', '57P01', '57P03', '25P03', '25006'];
  test.each([...codes, ...states])('with the code %s', (code) => {
    expect(translate(coded(code))).toEqual(new Unavailable(`The database is away: away ${code}`));
    expect(translate(coded(code))).toBeInstanceOf(Unavailable);
  });

  test.each([
    'Connection terminated unexpectedly',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'Query read timeout',
  ])('by what the driver says: %s', (message) => {
    expect(translate(new Error(message))).toBeInstanceOf(Unavailable);
    expect(translate(coded(7, message))).toEqual(new Unavailable(`The database is away: ${message}`));
    expect(translate(new Error(`It says: ${message}`))).not.toBeInstanceOf(Unavailable);
  });

  test.each([
    'x08006',
    '080060',
    '0800',
    '57014x',
    'xECONNRESET',
    '57P1',
    '125P03',
    '25P031',
    '125006',
    '250061',
    '15310',
    '531001',
  ])('but not with the code %s', (code) => {
    const error = coded(code);
    expect(translate(error)).toBe(error);
  });
});

test.each(['55P03', '57014'])('%s took too long', (code) => {
  expect(translate(coded(code, 'cancelled'))).toEqual(new Busy(`The database took too long (${code}): cancelled`));
  expect(translate(coded(code))).toBeInstanceOf(Busy);
  for (const other of [`1${code}`, `${code}1`]) expect(translate(coded(other))).not.toBeInstanceOf(Busy);
});

test.each(['23505', '40P01', '40001'])('%s is another transaction in the way', (code) => {
  const conflict = translate(coded(code, 'x', { constraint: 'things_pkey' }));
  expect(conflict).toEqual(new Conflict(`Another transaction was in the way (${code} things_pkey)`));
  expect(conflict).toBeInstanceOf(Conflict);
  expect(translate(coded(code))).toEqual(new Conflict(`Another transaction was in the way (${code} )`));
  for (const other of [`1${code}`, `${code}1`]) expect(translate(coded(other))).not.toBeInstanceOf(Conflict);
});

test('a plan that a migration has made out of date is in the way for once; what else is not supported stays as it is', () => {
  const outdated = coded('0A000', 'cached plan must not change result type', { routine: 'RevalidateCachedQuery' });
  expect(translate(outdated)).toEqual(new Conflict('A table has changed (0A000): cached plan must not change result type'));
  expect(translate(outdated)).toBeInstanceOf(Conflict);
  for (const [code, routine] of [
    ['0A000', 'transformLockingClause'],
    ['0A000', undefined],
    ['42601', 'RevalidateCachedQuery'],
  ])
    expect(translate(coded(code, 'x', { routine }))).not.toBeInstanceOf(Conflict);
});

test.each(['22001', '22P02', '23502', '23514'])('%s is bad data, of which no value is told', (code) => {
  const error = translate(coded(code, 'invalid input syntax for type uuid: "Ada\nLovelace" and more'));
  expect(error).toEqual(new Permanent(`PostgreSQL refuses the data (${code}): invalid input syntax for type uuid`));
  expect(error).toBeInstanceOf(Permanent);
  expect(translate(coded(code, 'value too long'))).toEqual(
    new Permanent(`PostgreSQL refuses the data (${code}): value too long`),
  );
  for (const other of [`1${code}`, `${code}1`]) expect(translate(coded(other))).not.toBeInstanceOf(Permanent);
});

test('an update of a row that is gone is told as such, and may be tried again', () => {
  const error = translate(coded('22012', 'division by zero'));
  expect(error).toEqual(new Error('A row to be updated is gone: somebody deleted it. Nothing was written.'));
  expect(error).not.toBeInstanceOf(Permanent);
});

test.each([null, undefined, 'text', 7, {}, { message: 7, code: '08006' }, { code: '08006' }])(
  'what is no error stays as it is: %j',
  (what) => {
    expect(translate(what)).toBe(what);
    expect(refused(what)).toBe(false);
  },
);

test.each([
  ['53100', true],
  ['25006', true],
  ['08006', false],
  ['57P01', false],
  ['153100', false],
  ['531001', false],
  ['125006', false],
  ['250061', false],
  [53100, false],
])('with %j the server itself has refused: %s', (code, expected) => {
  expect(refused(coded(code))).toBe(expected);
});
