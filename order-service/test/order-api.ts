import { afterAll, beforeAll } from '@jest/globals';
import { entityOf } from '@quickstep/shared/db';
import { freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import request from 'supertest';
import { Catalogue } from '../src/db/tables.js';
import { orderConfig, startOrderService } from '../src/service.js';

let surroundings: Surroundings;
let service: Awaited<ReturnType<typeof startOrderService>>;

/** For all tests of the file: an order service of their own, with three items in its catalogue. */
export function startOrderApi(): void {
  beforeAll(async () => {
    surroundings = await freshSurroundings();
    service = await startOrderService(orderConfig(surroundings.env));
    const item = { name: 'Item', unitPrice: 1_000, currency: 'EUR', revision: 1 };
    await service.dataSource.getRepository(entityOf(Catalogue)).insert([
      { ...item, sku: 'SKU-1' },
      { ...item, sku: 'SKU-2', unitPrice: 500 },
      { ...item, sku: 'DOLLAR', currency: 'USD' },
    ]);
  });
  afterAll(async () => {
    await service.stop();
    await surroundings.drop();
  });
}

export const shippingAddress = {
  name: 'Ada',
  line1: '12 St James Square',
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
};
export const body = {
  customerId: 'customer-1',
  items: [{ sku: 'SKU-1', quantity: 2 }],
  paymentMethod: 'pm_card_ok',
  shippingAddress,
  email: 'ada@example.com',
};

export const url = () => service.url;
export const api = () => request(url());
export const place = (given: object = body, headers: Record<string, string> = {}) =>
  api().post('/orders').set(headers).send(given);
