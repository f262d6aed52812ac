import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { archiveCaughtUp, archiveOf } from '../support/archived.js';
import { Desk } from '../support/dead-letters.js';
import { makeEvents, ORDER_ID } from '../support/made-events.js';
import { Operations, secretFile } from '../support/operations.js';
import { openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

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

interface Processing {
  readonly items: readonly {
    readonly service: string;
    readonly step: string;
    readonly status: string;
    readonly updatedBy: string | null;
  }[];
}

interface AuditPage {
  readonly items: readonly { readonly what: string; readonly result: string }[];
  readonly nextCursor?: string;
}

async function finished(): Promise<string> {
  const { id } = await shop.place();
  await shop.ended(id);
  await shop.settled();
  await archiveCaughtUp(shop, archive);
  return id;
}

const statuses = async (event: string) => {
  const { body } = await operations.call<Processing>('GET', `/events/${event}/processing`);
  return body.items.map(({ service, step, status }) => `${service} ${step} ${status}`).sort();
};

test('archived events go to one service again, which knows what it has handled', async () => {
  const id = await finished();
  const before = shop.spy.about(id).length;
  const order = { to: 'notification-service', order: id };
  const counted = await operations.call('POST', '/replays', { ...order, dryRun: true });
  expect(counted).toEqual({ status: 200, body: { found: 1, handled: 1, older: 0, sent: 0 } });
  expect(await operations.call('POST', '/replays', order)).toEqual({
    status: 200,
    body: { found: 1, handled: 1, older: 0, sent: 1 },
  });
  await shop.settled();
  expect(shop.spy.about(id)).toHaveLength(before);
  const acts = (await new Desk(operations).audit()).filter(({ what }) => what === 'replay');
  expect(acts.map(({ result, about }) => [result, about])).toEqual([
    ['sent 1', 'notification-service'],
    ['begun', 'notification-service'],
  ]);
});

test('a span that ends before it begins is refused under the name that the request has for its end', async () => {
  const span = { to: 'notification-service', from: '2026-01-02', until: '2026-01-01', dryRun: true };
  const answer = await operations.call('POST', '/replays', span);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/until', detail: 'must not be before from' }] } });
});

test('the audit shows the latest act first, page by page, also when its ids have another digit', async () => {
  await archive.query(
    "insert into audit (who, what, details, result) select 'tests', 'counted', '{}', n::text from generate_series(1, 120) as n",
  );
  const found: string[] = [];
  for (let cursor = ''; found.length < 120; ) {
    const page = await operations.call<AuditPage>('GET', `/audit?limit=50${cursor}`);
    found.push(...page.body.items.filter(({ what }) => what === 'counted').map(({ result }) => result));
    if (page.body.nextCursor === undefined) break;
    cursor = `&cursor=${page.body.nextCursor}`;
  }
  expect(found).toEqual(Array.from({ length: 120 }, (_, n) => String(120 - n)));
});

test('what a service has forgotten it does again, once its events come', async () => {
  const id = await finished();
  await shop.database('notification').query('delete from inbox');
  await shop.database('notification').query('delete from notifications');
  const [event] = shop.spy.about(id).filter(({ type }) => type === 'order.completed');
  expect(await statuses(event?.id ?? '')).toEqual(['notification-service notifyCustomer UNPROCESSED']);
  await operations.call('POST', '/replays', { to: 'notification-service', order: id, type: 'order.completed' });
  await until(
    async () => ((await statuses(event?.id ?? '')).includes('notification-service notifyCustomer COMPLETED') ? true : undefined),
    () => 'The event was not handled',
  );
});

test('under new ids only what may be repeated', async () => {
  const answer = await operations.call('POST', '/replays', { to: 'payment-service', again: true });
  expect(answer).toMatchObject({ status: 409, body: { code: 'conflict' } });
  expect(JSON.stringify(answer.body)).toContain('chargePayment');
  expect(await operations.call('POST', '/replays', { to: 'nobody' })).toMatchObject({ status: 422 });
});

test('an event tells how far each step that listens has come with it', async () => {
  const { id } = await shop.place({ paymentMethod: 'pm_gateway_down' });
  const event = await shop.spy.eventOf(id, 'inventory.reserved');
  await shop.spy.parkedEvent(event.id);
  await archiveCaughtUp(shop, archive);
  await new Desk(operations).waiting(1, `order=${id}`);
  await until(
    async () => ((await statuses(event.id)).includes('order-service trackOrder COMPLETED') ? true : undefined),
    () => 'The order service has not handled it',
  );
  expect(await statuses(event.id)).toEqual(['order-service trackOrder COMPLETED', 'payment-service chargePayment ERROR']);
});

test('what is older than the inbox is counted, and sent only when it is asked for', async () => {
  await makeEvents(archive, 1, 1);
  const { rows } = await archive.query<{ id: string }>(ORDER_ID, [1]);
  const order = { to: 'notification-service', order: rows[0]?.id };
  const [completed] = (await operations.call<{ id: string }[]>('GET', `/orders/${order.order}/events`)).body.slice(-2);
  expect(await operations.call('GET', `/events/${completed?.id}/processing`)).toMatchObject({
    body: { type: 'order.completed', items: [{ status: null, detail: expect.stringContaining('no longer known') }] },
  });
  const told = { found: 1, handled: 0, older: 1 };
  expect(await operations.call('POST', '/replays', { ...order, dryRun: true })).toEqual({
    status: 200,
    body: { ...told, sent: 0 },
  });
  expect(await operations.call('POST', '/replays', order)).toEqual({ status: 200, body: { ...told, sent: 0 } });
  expect(await operations.call('POST', '/replays', { ...order, older: true })).toEqual({
    status: 200,
    body: { ...told, sent: 1 },
  });
  const acts = (await new Desk(operations).audit()).filter(({ what }) => what === 'replay');
  expect(acts.slice(0, 4).map(({ result }) => result)).toEqual([
    'sent 1',
    'begun',
    'sent 0; 1 older than the inbox were not',
    'begun',
  ]);
});
