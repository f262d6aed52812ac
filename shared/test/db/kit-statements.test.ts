import { expect, test } from '@jest/globals';
import { claim } from '../../src/db/kit-statements.js';
import { TableStatements } from '../../src/db/statements.js';
import { claimOf, stock } from './fixture.js';

const [first, second] = ['0193a4b0-0000-7000-8000-000000000001', '0193a4b0-0000-7000-8000-000000000002'];

test('claims are made in one order, by event and then by step, whatever order they came in; theirs stays', () => {
  const claims = [claimOf(second, 'a'), claimOf(first, 'b'), claimOf(first, 'a'), claimOf(first, 'c')];
  const inOrder = [`{"${first}","${first}","${first}","${second}"}`, '{"a","b","c","a"}'];
  for (const some of [claims, claims.toReversed()]) expect(claim(Object.freeze(some)).values).toEqual(inOrder);
});

test('rows are written in the order in which they are locked, by key', () => {
  const statements = new TableStatements(stock);
  const rows = ['c', 'a', 'b'].map((sku) => ({ sku, available: 1 }));
  for (const some of [rows, rows.toReversed()]) {
    expect(statements.insert(some).values).toEqual(['{"a","b","c"}', '{1,1,1}']);
    expect(statements.update(some, ['available']).values).toEqual(['{"a","b","c"}', '{1,1,1}', 3]);
  }
});
