import { describe, expect, test } from '@jest/globals';
import {
  bigint,
  boolean,
  change,
  columnName,
  integer,
  json,
  jsonOrNull,
  table,
  text,
  textKey,
  textOrNull,
  timeOrNull,
  uuid,
  uuidKey,
} from '@quickstep/shared/rows';

const ID = '0193B3A0-0000-7000-8000-00000000000A';

const Loans = table('loans', {
  loanId: uuidKey(),
  status: text<'open' | 'closed'>('open'),
  note: textOrNull(),
  reader: uuid(''),
  days: integer(7),
  fee: bigint(0),
  renewed: boolean(false),
  dueAt: timeOrNull(),
  books: json<readonly string[]>([]),
  address: jsonOrNull<{ readonly city: string }>(),
});
const Books = table('books', { isbn: textKey(), copies: integer(1) });

describe('a table', () => {
  test('makes a fresh row of its columns, each row its own', () => {
    const fresh = {
      ...{ loanId: ID, status: 'open', note: null, reader: '', days: 7, fee: 0, renewed: false },
      ...{ dueAt: null, books: [], address: null },
    };
    const [first, second] = [Loans, Loans].map((each) => each.fresh(ID).table.newRow(ID));
    expect(first).toEqual(fresh);
    expect(second).toEqual(fresh);
    expect(first).not.toBe(second);
  });

  test('knows its key, and the types of its columns', () => {
    expect([Loans.name, Loans.key, Books.key]).toEqual(['loans', 'loanId', 'isbn']);
    const types = Object.entries(Loans.columns).map(([property, { type, nullable, key }]) => [property, type, nullable, key]);
    expect(types).toEqual([
      ['loanId', 'uuid', false, true],
      ['status', 'text', false, false],
      ['note', 'text', true, false],
      ['reader', 'uuid', false, false],
      ['days', 'integer', false, false],
      ['fee', 'bigint', false, false],
      ['renewed', 'boolean', false, false],
      ['dueAt', 'timestamptz', true, false],
      ['books', 'jsonb', false, false],
      ['address', 'jsonb', true, false],
    ]);
    expect(Books.columns.isbn).toEqual({ type: 'text', nullable: false, initial: '', key: true });
  });

  test.each([
    ['none', {}],
    ['two', { isbn: textKey(), loanId: uuidKey() }],
  ])('with %s of its columns a key is refused', (_, columns) => {
    expect(() => table('odd', columns)).toThrow(new TypeError('Table "odd" needs exactly one key column'));
  });
});

describe('rows are named', () => {
  const shape = ({ access, keys, single }: { access: string; keys: readonly string[]; single: boolean }) => [
    access,
    keys,
    single,
  ];

  test('to be created, to be found, or to be read', () => {
    expect(shape(Books.fresh('a'))).toEqual(['fresh', ['a'], true]);
    expect(shape(Books.existing('a'))).toEqual(['existing', ['a'], true]);
    expect(shape(Books.existing(['a', 'b']))).toEqual(['existing', ['a', 'b'], false]);
    expect(shape(Books.read(['b', 'a']))).toEqual(['read', ['b', 'a'], false]);
  });

  test('by UUIDs as PostgreSQL writes them, and by texts as they are', () => {
    const spelt = ID.toLowerCase();
    const refs = [Loans.fresh(ID), Loans.existing(ID), Loans.existing([ID]), Loans.read([ID])];
    expect(refs.map(({ keys }) => keys)).toEqual([[spelt], [spelt], [spelt], [spelt]]);
    const texts = [Books.fresh('A'), Books.existing('A'), Books.existing(['A']), Books.read(['A'])];
    expect(texts.map(({ keys }) => keys)).toEqual([['A'], ['A'], ['A'], ['A']]);
  });
});

test('a property is stored under its name in lower case', () => {
  expect(['id', 'orderId', 'paidAtOnce'].map(columnName)).toEqual(['id', 'order_id', 'paid_at_once']);
});

test('a change sets some properties and leaves the others', () => {
  const row = { isbn: 'a', copies: 1, shelf: 'x' };
  change(row, { copies: 2 });
  expect(row).toEqual({ isbn: 'a', copies: 2, shelf: 'x' });
  // @ts-expect-error: a row has no such property
  change(row, { copys: 3 });
});
