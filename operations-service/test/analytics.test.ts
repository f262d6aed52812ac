import { expect, test } from '@jest/globals';
import {
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
  InventoryReserved,
  OrderCompleted,
  OrderCreated,
  PaymentFailed,
} from '@quickstep/shared/contracts';
import fc from 'fast-check';
import { analyse } from '../../tests/support/analyse.js';
import { at, completed } from './analysed.js';

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
