import { describe, expect, test } from '@jest/globals';
import type { PatternDeclaration } from '@quickstep/operations-service/analytics';
import { InventoryInsufficient, InventoryReserved, PaymentCompleted, PaymentFailed } from '@quickstep/shared/contracts';
import { at, newOrder, run, START } from './analysed.js';

const declined: PatternDeclaration = {
  name: 'declined',
  description: '',
  types: [PaymentFailed],
  key: { from: InventoryReserved, path: 'data.customerId' },
  pattern: { kind: 'repetition', times: 3, within: 600 },
};
const reserved = (order: string, customerId: string) => at(0, 'inventory.reserved', order, { customerId });
const failed = (seconds: number, order: string) => at(seconds, 'payment.failed', order);

describe('three declined payments of a customer within ten minutes', () => {
  const orders = ['a', 'b', 'c', 'd', 'e'].map((order) => reserved(order, 'ada'));

  test('are found, once', () => {
    const { alerts } = run([declined], [...orders, failed(0, 'a'), failed(300, 'b'), failed(600, 'c'), failed(601, 'd')]);
    expect(alerts).toMatchObject([{ pattern: 'declined', key: 'ada', time: START + 600_000, detail: '3 times within 600 s' }]);
  });

  test('are not three within more, nor of different customers', () => {
    expect(run([declined], [...orders, failed(0, 'a'), failed(300, 'b'), failed(600.001, 'c')]).alerts).toEqual([]);
    const others = ['a', 'b', 'c'].map((order) => reserved(order, `customer ${order}`));
    expect(run([declined], [...others, failed(0, 'a'), failed(1, 'b'), failed(2, 'c')]).alerts).toEqual([]);
  });

  test('are found when they come out of order, and when the reservations come last', () => {
    expect(
      run([declined], [...orders, failed(900, 'c'), failed(0, 'a'), failed(100, 'b'), failed(599, 'd')]).alerts,
    ).toHaveLength(1);
    expect(run([declined], [failed(1, 'a'), failed(2, 'b'), failed(3, 'c'), ...orders]).alerts).toHaveLength(1);
  });
});

test('a SKU that is short n times within a time is found by its key', () => {
  const soldOut: PatternDeclaration = {
    name: 'sold-out',
    description: '',
    types: [InventoryInsufficient],
    each: 'shortages',
    key: 'item.sku',
    pattern: { kind: 'repetition', times: 2, within: 60 },
  };
  const short = (seconds: number, ...skus: string[]) =>
    at(seconds, 'inventory.insufficient', newOrder(), { shortages: skus.map((sku) => ({ sku })) });
  const { alerts } = run([soldOut], [short(0, 'A', 'B'), short(30, 'B'), short(100, 'A')]);
  expect(alerts).toMatchObject([{ key: 'B' }]);
});

test('a rate of failures is found when there are enough, and then not again in the same time', () => {
  const failing: PatternDeclaration = {
    name: 'failing',
    description: '',
    types: [PaymentCompleted, PaymentFailed],
    pattern: { kind: 'rate', of: [PaymentFailed], reaches: 0.5, least: 10, within: 300 },
  };
  const paid = (seconds: number) => at(seconds, 'payment.completed', 'x');
  const few = Array.from({ length: 9 }, (_, index) => failed(index, 'x'));
  expect(run([failing], few).alerts).toEqual([]);
  const half = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? failed(index, 'x') : paid(index)));
  expect(run([failing], half).alerts).toMatchObject([{ detail: '5 of 10 within 300 s' }]);
  const well = Array.from({ length: 400 }, (_, index) => (index % 3 === 0 ? failed(index, 'x') : paid(index)));
  expect(run([failing], well.slice(1)).alerts).toEqual([]);
});
