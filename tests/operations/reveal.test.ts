import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { archiveCaughtUp, archiveOf } from '../support/archived.js';
import { Desk } from '../support/dead-letters.js';
import { bearer, Operations, secretFile } from '../support/operations.js';
import { openShop, type Shop } from '../support/shop.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
let archive: Client;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
  archive = await archiveOf(operations);
});
afterAll(async () => {
  await archive.end();
  await operations.close();
  await shop.close();
  secret.remove();
});

async function caughtUp(): Promise<void> {
  await shop.settled();
  await archiveCaughtUp(shop, archive);
}

test('hides personal data, unless an operator asks for them, which is written down', async () => {
  const { id } = await shop.place();
  await shop.ended(id);
  await caughtUp();
  const created = await shop.eventOf(id, 'order.created');
  const paths = [
    `/orders/${id}/events`,
    `/events/${created.id}`,
    `/events?order=${id}`,
    `/orders/${id}`,
    `/sagas/${id}`,
    '/orders',
  ];
  for (const path of paths) {
    const personal = /ada@example\.com/;
    const hidden = await operations.call('GET', path, undefined, 'reader');
    expect([path, hidden.status]).toEqual([path, 200]);
    expect(JSON.stringify(hidden.body)).toContain(id);
    expect(JSON.stringify(hidden.body)).not.toMatch(/ada@example\.com|Lovelace|St James/);
    const revealing = `${path}${path.includes('?') ? '&' : '?'}reveal=true`;
    expect(await operations.call('GET', revealing, undefined, 'reader')).toMatchObject({ status: 403 });
    const shown = await operations.call('GET', revealing);
    expect(shown.status).toBe(200);
    expect(JSON.stringify(shown.body)).toMatch(personal);
  }
  const shown = (await new Desk(operations).audit()).filter(({ who }) => who === 'tests');
  const acts = shown.map(({ what, about }) => [what, about]);
  expect(acts.slice(0, paths.length).reverse()).toEqual([
    ['orders.reveal', id],
    ['events.reveal', created.id],
    ['events.reveal', id],
    ['orders.reveal', id],
    ['orders.reveal', id],
    ['orders.reveal', null],
  ]);
  // Of a list, whose data were shown.
  expect(shown[0]?.details).toEqual({ orders: expect.arrayContaining([id]) });
  expect(shown.find(({ what, about }) => what === 'events.reveal' && about === id)?.details.subjects).toEqual([id]);
});

test.each([
  '/orders',
  '/events',
  '/orders/x',
  '/events/x',
  '/orders/x/events',
  '/sagas/x',
  '/dead-letters/01890a5d-ac96-774b-bcce-b302099a8057',
])('%s reveals nothing to whoever gives no name', async (path) => {
  const headers = { authorization: bearer('operator').authorization };
  for (const name of [{}, { 'x-operator': '<b>' }]) {
    const answer = await operations.open(`${path}?reveal=true`, { ...headers, ...name });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('X-Operator');
  }
});

test('hides why a customer cancels, and shows the reasons of our own', async () => {
  const { id } = await shop.place({ paymentMethod: 'pm_gateway_down' });
  await shop.eventOf(id, 'inventory.reserved');
  const typed = { reason: 'Ada Lovelace has moved house' };
  expect(await shop.call('order', 'POST', `/orders/${id}/cancel`, typed)).toMatchObject({ status: 202, body: typed });
  const { id: declined } = await shop.place({ paymentMethod: 'pm_card_declined' });
  await Promise.all([id, declined].map((each) => shop.ended(each)));
  await caughtUp();
  for (const path of [`/orders/${id}/events`, `/events?order=${id}`, `/orders/${id}`, `/sagas/${id}`, '/sagas', '/orders']) {
    const { status, body } = await operations.call('GET', path, undefined, 'reader');
    expect([path, status]).toEqual([path, 200]);
    expect(JSON.stringify(body)).toContain(id);
    expect(JSON.stringify(body)).not.toContain('Lovelace');
  }
  // The code says of whatever was typed that it was asked for.
  const told = { reason: '*** (28 characters)', reasonCode: 'cancelled_on_request' };
  expect(await operations.call('GET', `/sagas/${id}`, undefined, 'reader')).toMatchObject({ body: told });
  expect(await operations.call('GET', `/sagas/${id}?reveal=true`)).toMatchObject({ body: typed });
  const ours = { reason: 'Payment declined: insufficient funds' };
  expect(await operations.call('GET', `/sagas/${declined}`, undefined, 'reader')).toMatchObject({ body: ours });
  expect(await operations.call('GET', `/orders/${declined}`, undefined, 'reader')).toMatchObject({ body: ours });
});
