import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Operations, secretFile } from '../support/operations.js';
import { openShop, type Shop } from '../support/shop.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
});
afterAll(async () => {
  await operations.close();
  await shop.close();
  secret.remove();
});

test('whoever has a token of the installation is let in, in the role of the token', async () => {
  expect(await operations.call('GET', '/me')).toEqual({ status: 200, body: { role: 'operator', name: 'tests' } });
  expect(await operations.call('GET', '/me', undefined, 'reader')).toMatchObject({ status: 200, body: { role: 'reader' } });
});

test('whoever has none is not', async () => {
  const answer = await operations.call('GET', '/me', undefined, 'nobody');
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
});
