import { describe, expect, test } from '@jest/globals';
import type { Fact, Facts, OrderStatus } from '../src/db/facts.js';
import { price } from '../src/domain/pricing.js';
import { hasEnded, statusOf } from '../src/domain/status.js';

function* permutations<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length < 2) yield [...items];
  for (const [index, first] of items.entries()) {
    if (items.length < 2) return;
    for (const rest of permutations([...items.slice(0, index), ...items.slice(index + 1)])) yield [first, ...rest];
  }
}

const factsOf = (facts: readonly Fact[]): Facts => Object.fromEntries(facts.map((fact) => [fact, '2026-11-21T10:00:00Z']));

/** What the order hears in each ending of the saga, and when it may end. */
const endings: [ending: string, facts: Fact[], status: OrderStatus, endsWith: Fact[]][] = [
  ['completed', ['inventory.reserved', 'payment.completed', 'shipping.shipped'], 'COMPLETED', ['shipping.shipped']],
  ['insufficient', ['inventory.insufficient'], 'CANCELLED', ['inventory.insufficient']],
  ['declined', ['inventory.reserved', 'payment.failed', 'inventory.released'], 'CANCELLED', ['inventory.released']],
  [
    'refused',
    ['inventory.reserved', 'payment.completed', 'shipping.failed', 'payment.refunded', 'inventory.released'],
    'CANCELLED',
    ['inventory.released'],
  ],
  [
    'cancelled while pending',
    ['order.cancellation_requested', 'shipping.failed', 'payment.refunded', 'inventory.released', 'inventory.reserved'],
    'CANCELLED',
    ['inventory.released'],
  ],
  [
    'cancelled while pending, without enough stock',
    ['order.cancellation_requested', 'inventory.insufficient', 'shipping.failed', 'payment.refunded', 'inventory.released'],
    'CANCELLED',
    ['inventory.insufficient', 'inventory.released'],
  ],
  [
    'cancelled after payment',
    [
      'inventory.reserved',
      'payment.completed',
      'order.cancellation_requested',
      'shipping.failed',
      'payment.refunded',
      'inventory.released',
    ],
    'CANCELLED',
    ['inventory.released'],
  ],
  [
    'cancelled too late',
    [
      'inventory.reserved',
      'payment.completed',
      'order.cancellation_requested',
      'shipping.cancellation_rejected',
      'shipping.shipped',
    ],
    'COMPLETED',
    ['shipping.shipped'],
  ],
];

describe('the status of an order', () => {
  test.each(endings)(
    '%s: the same end, and never an end before its time, in every order of arrival',
    (_, facts, end, endsWith) => {
      for (const arrival of permutations(facts)) {
        arrival.forEach((_fact, index) => {
          const soFar = arrival.slice(0, index + 1);
          const mayEnd = soFar.some((fact) => endsWith.includes(fact));
          expect({ soFar, ended: hasEnded(statusOf(factsOf(soFar))) }).toEqual({ soFar, ended: mayEnd });
        });
        expect(statusOf(factsOf(arrival))).toBe(end);
      }
    },
  );

  test.each<[OrderStatus, Fact[]]>([
    ['PENDING', []],
    ['RESERVED', ['inventory.reserved']],
    ['PAID', ['inventory.reserved', 'payment.completed']],
    ['PAID', ['payment.completed']],
    ['CANCELLING', ['order.cancellation_requested']],
    ['CANCELLING', ['inventory.reserved', 'payment.failed']],
    ['CANCELLING', ['inventory.reserved', 'payment.completed', 'shipping.failed']],
    ['CANCELLING', ['inventory.reserved', 'payment.completed', 'shipping.failed', 'payment.refunded']],
    ['PAID', ['payment.completed', 'order.cancellation_requested', 'shipping.cancellation_rejected']],
  ])('is %s on its way (%j)', (status, facts) => {
    expect(statusOf(factsOf(facts))).toBe(status);
  });
});

describe('pricing', () => {
  const item = (sku: string, unitPrice: number, currency = 'EUR') => ({ sku, name: sku, unitPrice, currency, revision: 1 });

  test('multiplies and adds up in minor units', () => {
    const lines = [
      { sku: 'A', quantity: 3 },
      { sku: 'B', quantity: 1 },
      { sku: 'FREE', quantity: 10 },
    ];
    expect(price(lines, [item('B', 1), item('FREE', 0), item('A', 1_999)])).toEqual({
      ok: true,
      total: 5_998,
      currency: 'EUR',
      items: [
        { sku: 'A', quantity: 3, unitPrice: 1_999 },
        { sku: 'B', quantity: 1, unitPrice: 1 },
        { sku: 'FREE', quantity: 10, unitPrice: 0 },
      ],
    });
  });

  test('stays exact for the largest order that the contract allows', () => {
    const skus = Array.from({ length: 100 }, (_, index) => `SKU-${index}`);
    const priced = price(
      skus.map((sku) => ({ sku, quantity: 10_000 })),
      skus.map((sku) => item(sku, 1_000_000_000)),
    );
    expect(priced).toMatchObject({ ok: true, total: 1_000_000_000_000_000 });
    expect(Number.isSafeInteger(1_000_000_000_000_000)).toBe(true);
  });

  test('names everything that is wrong at once', () => {
    const lines = [
      { sku: 'A', quantity: 1 },
      { sku: 'A', quantity: 1 },
      { sku: 'NONE', quantity: 1 },
      { sku: 'DOLLAR', quantity: 1 },
    ];
    const priced = price(lines, [item('A', 1), item('DOLLAR', 1, 'USD')]);
    expect(priced).toMatchObject({
      ok: false,
      errors: [{ pointer: '/items/1/sku' }, { pointer: '/items/2/sku' }, { pointer: '/items' }],
    });
  });

  test('names a line of an unknown item each time it is listed', () => {
    const lines = [
      { sku: 'NONE', quantity: 1 },
      { sku: 'NONE', quantity: 1 },
    ];
    expect(price(lines, [])).toMatchObject({ ok: false, errors: [{ pointer: '/items/0/sku' }, { pointer: '/items/1/sku' }] });
  });
});
