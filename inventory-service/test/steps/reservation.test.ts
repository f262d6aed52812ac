import { describe, expect, test } from '@jest/globals';
import { outcome, Permanent } from '@quickstep/shared/choreography';
import {
  InventoryInsufficient,
  InventoryRelease,
  InventoryReleased,
  InventoryReserved,
  OrderCreated,
  ShippingShipped,
} from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { given, happened, request, row } from '@quickstep/shared/testing';
import { Reservations, Stock } from '../../src/db/tables.js';
import { commitStock, created, inStock, items, level, order, orderId, putItem, releaseStock, reserveStock } from './fixture.js';

const release = happened(InventoryRelease({ orderId, items, reason: 'Payment declined' }));
const released = InventoryReleased({ orderId, reason: 'Payment declined' });
const shipped = happened(ShippingShipped({ orderId, items, trackingNumber: 'TRACK-1' }));
const warehouse = () => given(inStock('SKU-1', 10), inStock('SKU-2', 10));

describe('reserveStock', () => {
  test('sets every item of the order aside and passes the order on', () => {
    const world = warehouse();
    expect(world.when(reserveStock, created)).toEqual(outcome('reserved', InventoryReserved(order)));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 2));
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(9, 1));
    expect(world.row(Reservations, orderId)).toEqual({ orderId, status: 'reserved', items });
  });

  test('takes the very last unit', () => {
    const world = given(inStock('SKU-1', 2), inStock('SKU-2', 1));
    expect(world.when(reserveStock, created)).toEqual(outcome('reserved', InventoryReserved(order)));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(0, 2));
  });

  test('sets nothing aside when one item is short, and names every shortage', () => {
    const world = given(inStock('SKU-1', 1), inStock('SKU-2', 10));
    expect(world.when(reserveStock, created)).toEqual(
      outcome('insufficient', InventoryInsufficient({ orderId, shortages: [{ sku: 'SKU-1', requested: 2, available: 1 }] })),
    );
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(1, 0));
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(10, 0));
    expect(world.row(Reservations, orderId)).toMatchObject({ status: 'insufficient' });
  });

  test('has nothing of an item that it does not know', () => {
    const world = given(inStock('SKU-1', 10));
    expect(world.when(reserveStock, created)).toEqual(
      outcome('insufficient', InventoryInsufficient({ orderId, shortages: [{ sku: 'SKU-2', requested: 1, available: 0 }] })),
    );
  });

  test('does not take what is set aside for another order', () => {
    const world = given(inStock('SKU-1', 3), inStock('SKU-2', 10));
    world.when(reserveStock, happened(OrderCreated(sampleOrder())));
    expect(world.when(reserveStock, created)).toEqual(
      outcome('insufficient', InventoryInsufficient({ orderId, shortages: [{ sku: 'SKU-1', requested: 2, available: 1 }] })),
    );
  });

  test('happens once', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    expect(world.when(reserveStock, created)).toEqual(outcome('repeated'));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 2));
  });

  test('does not try again once stock was insufficient', () => {
    const world = given(inStock('SKU-2', 10));
    world.when(reserveStock, created);
    world.when(putItem, request('SKU-1', { name: 'Item', unitPrice: 1_000, currency: 'EUR', onHand: 10 }));
    expect(world.when(reserveStock, created)).toEqual(outcome('repeated'));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
  });
});

describe('releaseStock', () => {
  test('puts back what was set aside', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    expect(world.when(releaseStock, release)).toEqual(outcome('released', released));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
    expect(world.row(Reservations, orderId)).toMatchObject({ status: 'released' });
  });

  test('that comes before the reservation stops it', () => {
    const world = warehouse();
    expect(world.when(releaseStock, release)).toEqual(outcome('released', released));
    expect(world.when(reserveStock, created)).toEqual(outcome('overtaken'));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
  });

  test('confirms that nothing is set aside when stock was insufficient', () => {
    const world = given(inStock('SKU-1', 1), inStock('SKU-2', 10));
    world.when(reserveStock, created);
    expect(world.when(releaseStock, release)).toEqual(outcome('released', released));
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(10, 0));
  });

  test('happens once', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    world.when(releaseStock, release);
    expect(world.when(releaseStock, release)).toEqual(outcome('repeated'));
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
    expect(world.when(commitStock, shipped)).toEqual(outcome('committed'));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 0));
    expect(world.row(Stock, 'SKU-2')).toMatchObject(level(9, 0));
    expect(world.row(Reservations, orderId)).toMatchObject({ status: 'committed' });
  });

  test('happens once, however often the shipment is announced', () => {
    const world = warehouse();
    world.when(reserveStock, created);
    world.when(commitStock, shipped);
    const again = happened(ShippingShipped({ orderId, items, trackingNumber: 'TRACK-2' }));
    expect(world.when(commitStock, again)).toEqual(outcome('repeated'));
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(8, 0));
  });

  test.each(['none', 'insufficient', 'released'] as const)('is parked when the stock is %s', (status) => {
    const world = given(inStock('SKU-1', 10), inStock('SKU-2', 10), row(Reservations, { orderId, status, items }));
    expect(() => world.when(commitStock, shipped)).toThrow(Permanent);
    expect(world.row(Stock, 'SKU-1')).toMatchObject(level(10, 0));
  });
});
