import { OrderCreated } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { happened, row } from '@quickstep/shared/testing';
import { Stock } from '../../src/db/tables.js';
import { inventorySteps } from '../../src/steps/index.js';

export const { reserveStock, releaseStock, commitStock, putItem, adjustStock } = inventorySteps().steps;

export const order = sampleOrder();
export const { orderId, items } = order;
export const created = happened(OrderCreated(order));

export const inStock = (sku: string, available: number, reserved = 0) =>
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
export const level = (available: number, reserved: number) => ({ available, reserved, onHand: available + reserved });
