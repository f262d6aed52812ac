import { describe, expect, test } from '@jest/globals';
import {
  type Arbitrary,
  array,
  assert,
  constantFrom,
  integer,
  property,
  record,
  shuffledSubarray,
  uniqueArray,
} from 'fast-check';
import type { StockItem } from '../../inventory-service/src/db/tables.js';
import { commit, findShortages, release, reserve } from '../../inventory-service/src/domain/stock.js';
import type { Fact, Facts } from '../../order-service/src/db/facts.js';
import { price } from '../../order-service/src/domain/pricing.js';
import { hasEnded, statusOf } from '../../order-service/src/domain/status.js';

const skus = ['SKU-1', 'SKU-2', 'SKU-3', 'SKU-4'];
const sku = constantFrom(...skus);
const lines = uniqueArray(record({ sku, quantity: integer({ min: 1, max: 20 }) }), {
  minLength: 1,
  selector: (line) => line.sku,
});
const catalogue = uniqueArray(
  record({
    sku,
    name: constantFrom('Item'),
    unitPrice: integer({ min: 0, max: 1_000_000_000 }),
    currency: constantFrom('EUR', 'USD'),
    revision: integer({ min: 1, max: 9 }),
  }),
  { selector: (item) => item.sku },
);

describe('pricing', () => {
  test('the total is the sum of the lines, at the prices of the catalogue', () => {
    assert(
      property(lines, catalogue, (wanted, known) => {
        const priced = price(wanted, known);
        if (!priced.ok) return priced.errors.length > 0;
        const byQuantity = priced.items.map(({ quantity }) => quantity);
        expect(byQuantity).toEqual(wanted.map(({ quantity }) => quantity));
        expect(
          priced.items.every((line) => known.some((item) => item.sku === line.sku && item.unitPrice === line.unitPrice)),
        ).toBe(true);
        return priced.total === priced.items.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
      }),
    );
  });

  test('lines are refused exactly when an item is unknown, listed twice or in another currency', () => {
    assert(
      property(
        array(record({ sku, quantity: integer({ min: 1, max: 5 }) }), { minLength: 1, maxLength: 5 }),
        catalogue,
        (wanted, known) => {
          const found = wanted.map((line) => known.find((item) => item.sku === line.sku));
          const unknown = found.includes(undefined);
          const twice = new Set(wanted.map((line) => line.sku)).size < wanted.length;
          const mixed = new Set(found.flatMap((item) => (item === undefined ? [] : [item.currency]))).size > 1;
          expect(price(wanted, known).ok).toBe(!unknown && !twice && !mixed);
        },
      ),
    );
  });
});

type Operation = 'reserve' | 'release' | 'commit';
const stockOf = (levels: readonly number[]): StockItem[] =>
  skus.map((each, index) => ({
    sku: each,
    name: 'Item',
    unitPrice: 1,
    currency: 'EUR',
    available: levels[index] ?? 0,
    reserved: 0,
    onHand: levels[index] ?? 0,
    revision: 1,
  }));

describe('stock', () => {
  const levels = array(integer({ min: 0, max: 30 }), { minLength: skus.length, maxLength: skus.length });
  const operations: Arbitrary<{ lines: { sku: string; quantity: number }[]; end: Operation }[]> = array(
    record({ lines, end: constantFrom<Operation>('release', 'commit', 'reserve') }),
  );

  test('stays whole and never negative, whatever is reserved, released and committed', () => {
    assert(
      property(levels, operations, (onHand, orders) => {
        const stock = stockOf(onHand);
        for (const order of orders) {
          const wanted = order.lines.map((line) => ({ ...line, unitPrice: 1 }));
          if (findShortages(stock, wanted).length > 0) continue;
          reserve(stock, wanted);
          if (order.end === 'release') release(stock, wanted);
          if (order.end === 'commit') commit(stock, wanted);
          for (const item of stock) {
            expect(item.onHand).toBe(item.available + item.reserved);
            expect(Math.min(item.available, item.reserved)).toBeGreaterThanOrEqual(0);
          }
        }
      }),
    );
  });

  test('a shortage is named for exactly the lines that cannot be filled', () => {
    assert(
      property(levels, lines, (onHand, wanted) => {
        const short = findShortages(
          stockOf(onHand),
          wanted.map((line) => ({ ...line, unitPrice: 1 })),
        );
        const expected = wanted.filter((line) => (onHand[skus.indexOf(line.sku)] ?? 0) < line.quantity);
        expect(short.map((each) => each.sku)).toEqual(expected.map((each) => each.sku));
      }),
    );
  });

  test('release undoes reserve', () => {
    assert(
      property(levels, lines, (onHand, wanted) => {
        const stock = stockOf(onHand);
        const order = wanted.map((line) => ({ ...line, unitPrice: 1 }));
        reserve(stock, order);
        release(stock, order);
        expect(stock).toEqual(stockOf(onHand));
      }),
    );
  });
});

/** The facts of the ways that an order can go, in the order in which they happen; they may become known in any. */
const ways: readonly (readonly Fact[])[] = [
  ['inventory.reserved', 'payment.completed', 'shipping.shipped'],
  [
    'inventory.reserved',
    'payment.completed',
    'shipping.shipped',
    'order.cancellation_requested',
    'shipping.cancellation_rejected',
  ],
  ['inventory.insufficient'],
  ['inventory.reserved', 'payment.failed', 'inventory.released'],
  ['inventory.reserved', 'payment.completed', 'shipping.failed', 'payment.refunded', 'inventory.released'],
  ['order.cancellation_requested', 'shipping.failed', 'payment.refunded', 'inventory.released'],
];
const factsOf = (known: readonly Fact[]): Facts => Object.fromEntries(known.map((fact) => [fact, '2026-01-01T00:00:00.000Z']));
const someWay = constantFrom(...ways).chain((way) => shuffledSubarray([...way], { minLength: way.length }));

describe('order status', () => {
  test('an order ends by what is known, whatever the order it became known in', () => {
    assert(property(someWay, (known) => hasEnded(statusOf(factsOf(known)))));
  });

  test('an order that has ended stays as it ended', () => {
    assert(
      property(someWay, (known) => {
        const statuses = known.map((_, index) => statusOf(factsOf(known.slice(0, index + 1))));
        const ended = statuses.filter(hasEnded);
        expect(new Set(ended).size).toBe(1);
        expect(statuses.slice(-ended.length)).toEqual(ended);
      }),
    );
  });
});
