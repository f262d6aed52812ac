import { describe, expect, test } from '@jest/globals';
import type { WindowDeclaration } from '@quickstep/operations-service/analytics';
import { OrderCompleted, OrderCreated, PaymentCompleted } from '@quickstep/shared/contracts';
import { at, completed, run, sale } from './analysed.js';

describe('a tumbling window', () => {
  test('begins with its first moment and ends before the next one begins', () => {
    const { results } = run([completed], [sale(0, 10), sale(59.999, 20), sale(60, 40)]);
    expect(results.map(({ start, count, sum }) => ({ start, count, sum }))).toEqual([
      { start: 0, count: 2, sum: 30 },
      { start: 60, count: 1, sum: 40 },
    ]);
  });

  test('is kept by key, with least and most', () => {
    const { results } = run([completed], [sale(1, 10), sale(2, 5, 'USD'), sale(3, 30)]);
    expect(results).toEqual([
      { start: 0, key: 'EUR', count: 2, sum: 40, least: 10, most: 30, corrections: 0 },
      { start: 0, key: 'USD', count: 1, sum: 5, least: 5, most: 5, corrections: 0 },
    ]);
  });

  test('is corrected by what comes late, until its lateness is over', () => {
    const { results, counts } = run([completed], [sale(10, 1), sale(70, 2), sale(20, 4), sale(91, 8), sale(30, 16)]);
    expect(results).toMatchObject([
      { start: 0, count: 2, sum: 5, corrections: 1 },
      { start: 60, count: 2, sum: 10, corrections: 0 },
    ]);
    expect(counts.get('completed')).toEqual({ counted: 5, corrections: 1, tooLate: 1 });
  });

  test('waits for the slowest of the services whose events it counts', () => {
    const both: WindowDeclaration = { ...completed, types: [OrderCompleted, PaymentCompleted] };
    const paid = (seconds: number) => at(seconds, 'payment.completed', 'order', { currency: 'EUR', total: 1 });
    // Payment's log is read an hour late: order's clock alone closes nothing.
    const { results, counts } = run([both], [sale(10, 1), sale(3_600, 1), paid(20), paid(3_600), sale(30, 1)]);
    expect(results).toMatchObject([{ start: 0, count: 2 }, { start: 3_600 }]);
    expect(counts.get('completed')).toMatchObject({ tooLate: 1 });
  });
});

test('a sliding window counts an event in each window that it is in', () => {
  const sliding: WindowDeclaration = { ...completed, window: { seconds: 60, every: 20 } };
  const { results } = run([sliding], [sale(65, 7)]);
  expect(results.map(({ start }) => start).sort((a, b) => a - b)).toEqual([20, 40, 60]);
});

test('elements of an array count each on its own', () => {
  const units: WindowDeclaration = {
    ...completed,
    each: 'items',
    key: 'item.sku',
    measure: { kind: 'sum', of: 'item.quantity' },
  };
  const items = [
    { sku: 'A', quantity: 2 },
    { sku: 'B', quantity: 3 },
  ];
  const { results } = run([units], [at(0, 'order.completed', 'o', { items }), at(1, 'order.completed', 'p', { items })]);
  expect(results.map(({ key, sum }) => [key, sum])).toEqual([
    ['A', 4],
    ['B', 6],
  ]);
});

test('two events of one order are joined, whichever comes first', () => {
  const time: WindowDeclaration = {
    name: 'time',
    description: '',
    types: [OrderCompleted],
    window: { seconds: 60 },
    measure: { kind: 'milliseconds', since: OrderCreated },
  };
  const placed = (seconds: number, order: string) => at(seconds, 'order.created', order);
  const ended = (seconds: number, order: string) => at(seconds, 'order.completed', order);
  const forwards = run([time], [placed(1, 'a'), ended(3, 'a'), placed(2, 'b'), ended(7, 'b'), ended(8, 'never placed')]);
  const backwards = run([time], [ended(7, 'b'), ended(3, 'a'), placed(2, 'b'), ended(8, 'never placed'), placed(1, 'a')]);
  expect(forwards.results).toMatchObject([{ start: 0, count: 2, sum: 7_000, least: 2_000, most: 5_000 }]);
  expect(backwards.results).toEqual(forwards.results);
});
