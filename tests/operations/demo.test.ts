import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { main } from '../../tools/src/demo.js';
import { Operations, secretFile } from '../support/operations.js';
import { openShop, type Shop } from '../support/shop.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
const before = { ...process.env };
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
  await shop.fill('SKU-001', { unitPrice: 1_000, onHand: 1_000 });
  await shop.fill('SKU-100', { unitPrice: 1_000, onHand: 1 });
  await shop.settled();
  const urls = {
    ORDER_URL: shop.service('order').url,
    INVENTORY_URL: shop.service('inventory').url,
    OPERATIONS_URL: operations.url,
  };
  Object.assign(process.env, secret.env, urls);
});
afterAll(async () => {
  process.env = before;
  await operations.close();
  await shop.close();
  secret.remove();
});

test('npm run demo tells what all services did to each order, in full', async () => {
  const told: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => told.push(String(text)) > 0);
  const code = await main([]);
  write.mockRestore();
  const text = told.join('');
  expect({ code, text }).toEqual({ code: 0, text: expect.any(String) });
  // Of services that the order service does not hear of, with their reasons and amounts.
  expect(text).toMatch(/payment\.refund +shipping-service bookShipment/);
  expect(text).toMatch(/inventory\.release +payment-service refundPayment/);
  expect(text).toMatch(/notification\.sent +notification-service notifyCustomer/);
  expect(text).toMatch(/payment refunded \(\d+\.\d\d EUR\)/);
  expect(text).toMatch(/CANCELLED \(out_of_stock\): Not enough stock/);
  const link = text.trim().split('\n').at(-1)?.trim() ?? '';
  const { status, headers } = await fetch(link, { redirect: 'manual' });
  expect([status, headers.get('set-cookie')]).toEqual([303, expect.stringContaining('quickstep=')]);
});
