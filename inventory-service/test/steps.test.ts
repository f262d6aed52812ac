import { describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import {
  InventoryInsufficient,
  InventoryItemChanged,
  InventoryRelease,
  InventoryReleased,
  InventoryReserved,
  OrderCreated,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { given, happened, request, row, sampleOrder } from '@quickstep/shared/testing';
import { Reservations, Stock } from '../src/db/tables.js';
import { inventorySteps } from '../src/steps/index.js';

const { reserveStock, releaseStock, commitStock, putItem, adjustStock } = inventorySteps().steps;

const order = sampleOrder();
const { orderId, items } = order;
const created = happened(OrderCreated(order));
const release = happened(InventoryRelease({ orderId, items, reason: 'Payment declined' }));
const released = InventoryReleased({ orderId, reason: 'Payment declined' });
const shipped = happened(ShippingShipped({ orderId, items, trackingNumber: 'TRACK-1' }));

const inStock = (sku: string, available: number, reserved = 0) =>
  row(Stock, {
    sku,
    name: `Item ${sku}`,
    unitPrice: 1_000,
    currency: 'EUR',
    available,
    reserved,
    onHand: available + reserved,
    revision: 1,
  });
const level = (available: number, reserved: number) => ({ available, reserved, onHand: available + reserved });

const warehouse = () => given(inStock('SKU-1', 10), inStock('SKU-2', 10));

describe('reserveStock', () => {
  test('sets every item of the order aside and passes the order on', () => {
    const world = warehouse();
    expect(world.when(reserveStock, created)).toEqual([InventoryReserved(order)]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 2));
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(9, 1));
    expect(world.row(Reservations, orderId)).toEqual({ orderId, status: 'reserved', items });
  });

  test('takes the very last unit', () => {
    const world = given(inStock('SKU-1', 2), inStock('SKU-2', 1));
    expect(world.when(reserveStock, created)).toEqual([InventoryReserved(order)]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(0, 2));
  });

  test('sets nothing aside when one item is short, and names every shortage', () => {
    const world = given(inStock('SKU-1', 1), inStock('SKU-2', 10));
    expect(world.when(reserveStock, created)).toEqual([
      InventoryInsufficient({ orderId, shortages: [{ sku: 'SKU-1', requested: 2, available: 1 }] }),
    ]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(1, 0));
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(10, 0));
    expect(world.row(Reservations, orderId)).toMatchObject({ status: 'insufficient' });
  });

  test('has nothing of an item that it does not know', () => {
    const world = given(inStock('SKU-1', 10));
    expect(world.when(reserveStock, created)).toEqual([
      InventoryInsufficient({ orderId, shortages: [{ sku: 'SKU-2', requested: 1, available: 0 }] }),
    ]);
  });

  test('does not take what is set aside for another order', () => {
    const world = given(inStock('SKU-1', 3), inStock('SKU-2', 10));
    world.when(reserveStock, happened(OrderCreated(sampleOrder())));
    const [event] = world.when(reserveStock, created);
    expect(event).toEqual(InventoryInsufficient({ orderId, shortages: [{ sku: 'SKU-1', requested: 2, available: 1 }] }));
  });

  test('happens once', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    expect(world.when(reserveStock, created)).toEqual([]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 2));
  });

  test('does not try again once stock was insufficient', () => {
    const world = given(inStock('SKU-2', 10));
    world.when(reserveStock, created);
    world.when(putItem, request('SKU-1', { name: 'Item', unitPrice: 1_000, currency: 'EUR', onHand: 10 }));
    expect(world.when(reserveStock, created)).toEqual([]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
  });
});

describe('releaseStock', () => {
  test('puts back what was set aside', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    expect(world.when(releaseStock, release)).toEqual([released]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
    expect(world.row(Reservations, orderId)).toMatchObject({ status: 'released' });
  });

  test('that comes before the reservation stops it', () => {
    const world = warehouse();
    expect(world.when(releaseStock, release)).toEqual([released]);
    expect(world.when(reserveStock, created)).toEqual([]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
  });

  test('confirms that nothing is set aside when stock was insufficient', () => {
    const world = given(inStock('SKU-1', 1), inStock('SKU-2', 10));
    world.when(reserveStock, created);
    expect(world.when(releaseStock, release)).toEqual([released]);
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(10, 0));
  });

  test('happens once', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    world.when(releaseStock, release);
    expect(world.when(releaseStock, release)).toEqual([]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
  });

  test('after shipping is parked and changes nothing', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    world.when(commitStock, shipped);
    expect(() => world.when(releaseStock, release)).toThrow(Permanent);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 0));
  });
});

describe('commitStock', () => {
  test('takes what was set aside off the books', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    expect(world.when(commitStock, shipped)).toEqual([]);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 0));
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(9, 0));
    expect(world.row(Reservations, orderId)).toMatchObject({ status: 'committed' });
  });

  test('happens once, however often the shipment is announced', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    world.when(commitStock, shipped);
    world.when(commitStock, happened(ShippingShipped({ orderId, items, trackingNumber: 'TRACK-2' })));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 0));
  });

  test.each(['none', 'insufficient', 'released'] as const)('is parked when the stock is %s', (status) => {
    const world = given(inStock('SKU-1', 10), inStock('SKU-2', 10), row(Reservations, { orderId, status, items }));
    expect(() => world.when(commitStock, shipped)).toThrow(Permanent);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
  });
});

describe('putItem', () => {
  const mug = { name: 'Mug', unitPrice: 1_450, currency: 'EUR' };

  test('creates an item and tells the catalogue', () => {
    const world = given();
    const decision = world.when(putItem, request('MUG', { ...mug, onHand: 7 }));
    expect(decision).toMatchObject({
      accepted: true,
      reply: { created: true },
      events: [InventoryItemChanged({ sku: 'MUG', ...mug, revision: 1 })],
    });
    expect(world.row(Stock, 'MUG')).toEqual({ sku: 'MUG', ...mug, ...level(7, 0), revision: 1 });
  });

  test('an item without a level begins with none', () => {
    const world = given();
    world.when(putItem, request('MUG', mug));
    expect(world.row(Stock, 'MUG')).toMatchObject(level(0, 0));
  });

  test('a new price is a new revision and leaves the level alone', () => {
    const world = given(inStock('SKU-1', 8, 2));
    const decision = world.when(putItem, request('SKU-1', { ...mug, unitPrice: 1_500 }));
    expect(decision).toMatchObject({
      reply: { created: false },
      events: [InventoryItemChanged({ sku: 'SKU-1', ...mug, unitPrice: 1_500, revision: 2 })],
    });
    expect(world.row(Stock, 'SKU-1')).toMatchObject({ ...level(8, 2), unitPrice: 1_500, revision: 2 });
  });

  test('a new level alone tells the catalogue nothing', () => {
    const world = given(inStock('SKU-1', 8, 2));
    const same = { name: 'Item SKU-1', unitPrice: 1_000, currency: 'EUR' };
    expect(world.when(putItem, request('SKU-1', { ...same, onHand: 5 }))).toMatchObject({ accepted: true, events: [] });
    expect(world.row(Stock, 'SKU-1')).toMatchObject({ ...level(3, 2), revision: 1 });
  });

  test('the level cannot fall below what is set aside for orders', () => {
    const world = given(inStock('SKU-1', 8, 2));
    expect(world.when(putItem, request('SKU-1', { ...mug, onHand: 1 }))).toMatchObject({
      accepted: false,
      kind: 'conflict',
      code: 'stock_reserved',
    });
    expect(world.when(putItem, request('SKU-1', { ...mug, onHand: 2 }))).toMatchObject({ accepted: true });
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(0, 2));
  });
});

describe('adjustStock', () => {
  test('adds and takes away', () => {
    const world = given(inStock('SKU-1', 8, 2));
    world.when(adjustStock, request('SKU-1', { delta: 5, reason: 'Delivery' }));
    world.when(adjustStock, request('SKU-1', { delta: -3, reason: 'Breakage' }));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 2));
  });

  test('cannot take what is set aside for orders', () => {
    const world = given(inStock('SKU-1', 8, 2));
    expect(world.when(adjustStock, request('SKU-1', { delta: -9, reason: 'Breakage' }))).toMatchObject({
      accepted: false,
      kind: 'conflict',
      code: 'insufficient_stock',
    });
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 2));
  });

  test('refuses an item that does not exist', () => {
    const world = given();
    expect(world.when(adjustStock, request('NONE', { delta: 1, reason: 'Delivery' }))).toMatchObject({
      accepted: false,
      kind: 'not-found',
      code: 'item_not_found',
    });
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
