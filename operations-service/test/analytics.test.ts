import { describe, expect, test } from '@jest/globals';
import {
  type AnalysedEvent,
  Analysis,
  declarations,
  emptyState,
  type PatternDeclaration,
  patterns,
  type WindowDeclaration,
  windows,
} from '@quickstep/operations-service/analytics';
import {
  AnalyticsAlertRaised,
  InventoryInsufficient,
  InventoryReserved,
  OrderCompleted,
  OrderCreated,
  PaymentCompleted,
  PaymentFailed,
} from '@quickstep/shared/contracts';
import fc from 'fast-check';
import { analyse } from '../../tests/support/analyse.js';

const START = Date.UTC(2026, 10, 1, 12);
let ids = 0;

/** An event so many seconds after noon. */
function at(seconds: number, type: string, subject: string, data: object = {}): AnalysedEvent {
  const source = `/${type.split('.')[0]}-service`;
  return { id: `event-${++ids}`, type, source, subject, time: new Date(START + seconds * 1_000).toISOString(), data };
}

const completed: WindowDeclaration = {
  name: 'completed',
  description: '',
  types: [OrderCompleted],
  key: 'data.currency',
  window: { seconds: 60, lateness: 30 },
  measure: { kind: 'sum', of: 'data.total' },
};
const sale = (seconds: number, total: number, currency = 'EUR') =>
  at(seconds, 'order.completed', `order-${++ids}`, { currency, total });

function run(declared: readonly (WindowDeclaration | PatternDeclaration)[], events: readonly AnalysedEvent[]) {
  const state = emptyState();
  const own = declared.filter((each): each is WindowDeclaration => 'measure' in each);
  const found = declared.filter((each): each is PatternDeclaration => 'pattern' in each);
  const alerts = analyse(new Analysis(own, found), events, state);
  const results = [...state.windows.values()].map(({ start, end: _, ...rest }) => ({ start: (start - START) / 1_000, ...rest }));
  return { alerts, results, counts: state.counts };
}

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
    at(seconds, 'inventory.insufficient', `order-${++ids}`, { shortages: skus.map((sku) => ({ sku })) });
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

test('whatever the order of arrival within the lateness, and however many come at once, the results are the same', () => {
  const names = ['order.created', 'order.completed', 'order.cancelled', 'inventory.reserved', 'payment.failed'];
  const anyEvent = fc.record({
    type: fc.constantFrom(...names),
    order: fc.integer({ min: 0, max: 20 }),
    seconds: fc.integer({ min: 0, max: 590 }),
    total: fc.integer({ min: 0, max: 1_000 }),
  });
  /** Of the events that are joined with, one subject has one. */
  const distinct = fc.uniqueArray(anyEvent, { selector: ({ type, order }) => `${type} ${order}`, maxLength: 60 });
  const shuffled = distinct.chain((events) =>
    fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
  );
  const made = ({ type, order, seconds, total }: { type: string; order: number; seconds: number; total: number }) =>
    at(seconds, type, `order-${order}`, {
      total,
      currency: 'EUR',
      customerId: `customer-${order % 3}`,
      items: [{ sku: `SKU-${order % 4}`, quantity: 1 + (total % 3) }],
    });
  fc.assert(
    fc.property(shuffled, fc.integer({ min: 1, max: 20 }), ([events, others], page) => {
      const one = emptyState();
      analyse(new Analysis(windows, patterns), events.map(made), one);
      const other = emptyState();
      const analysis = new Analysis(windows, patterns);
      for (let from = 0; from < others.length; from += page) analyse(analysis, others.slice(from, from + page).map(made), other);
      const plain = ({ windows: results }: typeof one) =>
        [...results].map(([id, { corrections: _, ...result }]) => [id, result]).sort();
      expect(plain(other)).toEqual(plain(one));
    }),
    { numRuns: 200 },
  );
});

test.each<[Partial<WindowDeclaration>, string]>([
  [{ key: 'data.colour' }, 'order.completed has no data.colour'],
  [{ key: 'item.sku' }, 'order.completed has no item.sku'],
  [{ measure: { kind: 'sum', of: 'data.totals' } }, 'order.completed has no data.totals'],
  [{ window: { seconds: 60, every: 7 } }, 'windows of 60 s cannot begin every 7 s'],
  [{ window: { seconds: 60, every: 0 } }, 'windows of 60 s cannot begin every 0 s'],
  [{ name: 'Sales!' }, 'its name must be lower-case words'],
  [{ measure: { kind: 'milliseconds', since: OrderCompleted } }, 'order.completed cannot be joined with itself'],
  [
    { measure: { kind: 'milliseconds', since: OrderCreated }, key: { from: InventoryReserved, path: 'data.customerId' } },
    'key and measure are of two different events',
  ],
])('a declaration with %j is refused', (change, reason) => {
  expect(() => declarations([{ ...completed, ...change }])).toThrow(reason);
});

test('a repetition of more than is remembered is refused', () => {
  const pattern: PatternDeclaration = {
    name: 'many',
    description: '',
    types: [PaymentFailed],
    pattern: { kind: 'repetition', times: 101, within: 60 },
  };
  expect(() => declarations([pattern])).toThrow('a repetition is of 1 to 100 times, not 101');
});

test('what looks at alerts is refused: it would feed on itself', () => {
  const pattern: PatternDeclaration = {
    name: 'many-alerts',
    description: '',
    types: [AnalyticsAlertRaised],
    pattern: { kind: 'repetition', times: 1, within: 60 },
  };
  expect(() => declarations([pattern])).toThrow('analytics.alert_raised is itself told by what is found');
  const joined: WindowDeclaration = { ...completed, key: { from: AnalyticsAlertRaised, path: 'data.key' } };
  expect(() => declarations([joined])).toThrow('analytics.alert_raised is itself told by what is found');
});

test('two declarations of one name are refused', () => {
  expect(() => declarations([completed, completed])).toThrow('its name is taken');
});
