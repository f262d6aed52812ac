import { describe, expect, test } from '@jest/globals';
import { accepted, type Expected, outcome, refused } from '@quickstep/shared/choreography';
import { InventoryItemChanged, InventoryRelease, OrderCreated, ShippingShipped } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { given, happened, request } from '@quickstep/shared/testing';
import { Adjustments, Reservations, Stock } from '../../src/db/tables.js';
import { adjustStock, commitStock, inStock, items, level, putItem, releaseStock, reserveStock } from './fixture.js';

describe('putItem', () => {
  const mug = { name: 'Mug', unitPrice: 1_450, currency: 'EUR' };

  test('creates an item and tells the catalogue', () => {
    const world = given();
    const item = { sku: 'MUG', ...mug, ...level(7, 0), revision: 1 };
    expect(world.when(putItem, request('MUG', { ...mug, onHand: 7 }))).toEqual(
      accepted({ item, created: true }, outcome('created', InventoryItemChanged({ sku: 'MUG', ...mug, revision: 1 }))),
    );
    expect(world.row(Stock, 'MUG')).toEqual(item);
  });

  test('an item without a level begins with none', () => {
    const world = given();
    world.when(putItem, request('MUG', mug));
    expect(world.row(Stock, 'MUG')).toMatchObject(level(0, 0));
  });

  test('a new price is a new revision and leaves the level alone', () => {
    const world = given(inStock('SKU-1', 8, 2));
    const shown = { sku: 'SKU-1', ...mug, unitPrice: 1_500, revision: 2 };
    const item = { ...shown, ...level(8, 2) };
    expect(world.when(putItem, request('SKU-1', { ...mug, unitPrice: 1_500 }))).toEqual(
      accepted({ item, created: false }, outcome('changed', InventoryItemChanged(shown))),
    );
    expect(world.row(Stock, 'SKU-1')).toEqual(item);
  });

  test.each([{ name: 'Cup' }, { currency: 'USD' }, { unitPrice: 1 }])(
    'each of what is shown is a new revision: %j',
    (changed) => {
      const world = given(inStock('SKU-1', 8, 2));
      const shown = { name: 'Item SKU-1', unitPrice: 1_000, currency: 'EUR', ...changed };
      world.when(putItem, request('SKU-1', shown));
      expect(world.row(Stock, 'SKU-1')).toMatchObject({ ...shown, revision: 2 });
    },
  );

  test('a new level alone tells the catalogue nothing', () => {
    const world = given(inStock('SKU-1', 8, 2));
    const same = { name: 'Item SKU-1', unitPrice: 1_000, currency: 'EUR' };
    const item = { sku: 'SKU-1', ...same, ...level(3, 2), revision: 1 };
    expect(world.when(putItem, request('SKU-1', { ...same, onHand: 5 }))).toEqual(
      accepted({ item, created: false }, outcome('stockSet')),
    );
    expect(world.row(Stock, 'SKU-1')).toEqual(item);
  });

  test('changes only the revision that the client means, and makes nothing then', () => {
    const world = given(inStock('SKU-1', 8, 2));
    const seen = (sku: string, expected: Expected) => ({ ...request(sku, mug), expected });
    expect(world.when(putItem, seen('SKU-1', ['2']))).toEqual(refused('revision_changed', 'The item has revision 1'));
    expect(world.when(putItem, seen('NONE', '*'))).toEqual(refused('revision_changed', 'There is no such item'));
    expect(world.when(putItem, seen('SKU-1', ['7', '1']))).toMatchObject({ accepted: true });
    expect(world.when(putItem, seen('SKU-1', ['1']))).toEqual(refused('revision_changed', 'The item has revision 2'));
    expect(world.when(putItem, seen('SKU-1', '*'))).toMatchObject({ accepted: true });
  });

  test('the level cannot fall below what is set aside for orders', () => {
    const world = given(inStock('SKU-1', 8, 2));
    expect(world.when(putItem, request('SKU-1', { ...mug, onHand: 1 }))).toEqual(
      refused('stock_reserved', '2 units are reserved for orders; there cannot be fewer on hand'),
    );
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 2));
    expect(world.when(putItem, request('SKU-1', { ...mug, onHand: 2 }))).toMatchObject({ accepted: true });
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(0, 2));
  });
});

describe('adjustStock', () => {
  const delivery = { delta: 5, reason: 'Delivery' };
  const now = new Date('2026-11-21T10:00:00Z');
  const item = (available: number) => ({
    sku: 'SKU-1',
    name: 'Item SKU-1',
    unitPrice: 1_000,
    currency: 'EUR',
    ...level(available, 2),
    revision: 1,
  });

  test('adds and takes away, and writes down why', () => {
    const world = given(inStock('SKU-1', 8, 2));
    expect(world.when(adjustStock, request('SKU-1', delivery, 'key-1'), { now })).toEqual(
      accepted(item(13), outcome('adjusted')),
    );
    expect(world.when(adjustStock, request('SKU-1', { delta: -3, reason: 'Breakage' }, 'key-2'), { now })).toEqual(
      accepted(item(10), outcome('adjusted')),
    );
    expect(world.rows(Adjustments)).toEqual([
      { adjustmentId: 'key-1', sku: 'SKU-1', ...delivery, requestHash: expect.any(String), madeAt: now },
      { adjustmentId: 'key-2', sku: 'SKU-1', delta: -3, reason: 'Breakage', requestHash: expect.any(String), madeAt: now },
    ]);
  });

  test('may take away all that is left, and no more', () => {
    const world = given(inStock('SKU-1', 8, 2));
    const all = request('SKU-1', { delta: -8, reason: 'Breakage' }, 'key-1');
    expect(world.when(adjustStock, all, { now })).toEqual(accepted(item(0), outcome('adjusted')));
  });

  test('asked twice under one key is made once, and answered with the item as it is', () => {
    const world = given(inStock('SKU-1', 8, 2));
    world.when(adjustStock, request('SKU-1', delivery, 'key-1'));
    expect(world.when(adjustStock, request('SKU-1', delivery, 'key-1'))).toEqual(accepted(item(13), outcome('repeated')));
    expect(world.row(Stock, 'SKU-1')).toEqual(item(13));
  });

  test('asked twice without a key is made twice', () => {
    const world = given(inStock('SKU-1', 8, 2));
    world.when(adjustStock, request('SKU-1', delivery));
    expect(world.when(adjustStock, request('SKU-1', delivery))).toEqual(accepted(item(18), outcome('adjusted')));
  });

  test.each([
    ['item', 'SKU-2', delivery],
    ['delta', 'SKU-1', { ...delivery, delta: 6 }],
    ['reason', 'SKU-1', { ...delivery, reason: 'Found' }],
  ])('refuses a key that came with another %s before', (_what, sku, adjustment) => {
    const world = given(inStock('SKU-1', 8, 2), inStock('SKU-2', 8, 2));
    world.when(adjustStock, request('SKU-1', delivery, 'key-1'));
    const before = [world.rows(Stock), world.rows(Adjustments)];
    expect(world.when(adjustStock, request(sku, adjustment, 'key-1'))).toEqual(
      refused('idempotency_key_reused', 'This Idempotency-Key was used for another request'),
    );
    expect([world.rows(Stock), world.rows(Adjustments)]).toEqual(before);
  });

  test('cannot take what is set aside for orders', () => {
    const world = given(inStock('SKU-1', 8, 2));
    expect(world.when(adjustStock, request('SKU-1', { delta: -9, reason: 'Breakage' }))).toEqual(
      refused('insufficient_stock', 'Only 8 units are available to take away'),
    );
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 2));
    expect(world.rows(Adjustments)).toEqual([]);
  });

  test('refuses an item that does not exist', () => {
    const world = given();
    expect(world.when(adjustStock, request('NONE', { delta: 1, reason: 'Delivery' }))).toEqual(
      refused('item_not_found', 'There is no item NONE'),
    );
    expect(world.rows(Stock)).toEqual([]);
  });
});

describe('levels', () => {
  test('on hand is available and reserved together, and nothing is negative, whatever happens', () => {
    const world = given(inStock('SKU-1', 7), inStock('SKU-2', 3));
    const orders = Array.from({ length: 6 }, () => sampleOrder());
    orders.forEach((each, index) => {
      world.when(reserveStock, happened(OrderCreated(each)));
      const { status } = world.row(Reservations, each.orderId) ?? {};
      if (index % 2 === 0) world.when(releaseStock, happened(InventoryRelease({ orderId: each.orderId, items, reason: 'x' })));
      else if (status === 'reserved')
        world.when(commitStock, happened(ShippingShipped({ orderId: each.orderId, items, trackingNumber: 'T' })));
      for (const item of world.rows(Stock)) {
        expect(item.onHand).toBe(item.available + item.reserved);
        expect(Math.min(item.available, item.reserved, item.onHand)).toBeGreaterThanOrEqual(0);
      }
    });
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(0, 0));
  });
});
