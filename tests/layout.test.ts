import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Desk } from './support/dead-letters.js';
import { Operations, secretFile } from './support/operations.js';
import { openShop, type Shop } from './support/shop.js';
import { until } from './support/until.js';

/** `LAYOUT_ORDERS=2000` for a longer run. */
const ORDERS = Number(process.env.LAYOUT_ORDERS ?? 200);
const PATIENCE_MS = 120_000;
/** From when the queue is bound again: what is sent to one that is not goes to its dead letters. */
const SOON = { LOST_EVENTS_RESENT_AFTER_MS: '4000' };
const secret = secretFile();
let shop: Shop;
let operations: Operations;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, { ...secret.env, LOST_EVENTS_RESENT_AFTER_MS: '0' });
});
afterAll(async () => {
  await operations.close();
  await shop.close();
  secret.remove();
});

interface Bound {
  readonly source: string;
  readonly properties_key: string;
}

const bindingsOf = async (queue: string) =>
  (await shop.vhost.api<Bound[]>(`/queues/{vhost}/${queue}/bindings`)).filter(({ source }) => source !== '');

async function unbind(queue: string): Promise<void> {
  for (const { source, properties_key: key } of await bindingsOf(queue)) {
    await shop.vhost.api(`/bindings/{vhost}/e/${source}/q/${queue}/${encodeURIComponent(key)}`, { method: 'DELETE' });
  }
}

async function place(count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const placed = await Promise.all(Array.from({ length: Math.min(50, count - ids.length) }, () => shop.place()));
    ids.push(...placed.map(({ id }) => id));
  }
  return ids;
}

const boundAgain = (queue: string, bindings: number) =>
  until(
    async () => ((await bindingsOf(queue)).length === bindings ? true : undefined),
    () => 'The queue is not bound as it was',
    PATIENCE_MS,
  );

/** The latest first. */
const resends = async () => (await new Desk(operations).audit()).filter(({ what }) => what === 'resend-lost');

/** Of all labels together. */
const metric = async (url: string, name: string) => {
  const lines = (await (await fetch(`${url}/metrics`)).text()).matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, 'gm'));
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
};

test('a queue whose bindings are removed while orders run is bound again, and gets what it has missed', async () => {
  const wanted = (await bindingsOf('payment-service')).length;
  const running = place(ORDERS / 2);
  await shop.eventOf((await shop.place()).id, 'inventory.reserved');
  await unbind('payment-service');
  const orders = [...(await running), ...(await place(ORDERS / 2))];
  await boundAgain('payment-service', wanted);
  await operations.restart(SOON);
  const endings = await Promise.all(orders.map((id) => shop.ended(id)));
  expect(endings.filter((ending) => ending !== 'COMPLETED')).toEqual([]);
  expect(await shop.invariants()).toEqual([]);
  expect((await resends()).map(({ who, about }) => `${who} ${about}`)).toContain('operations-service payment-service');
  expect(await metric(operations.url, 'quickstep_lost_events_resent')).toBeGreaterThanOrEqual(1);
});

test('a dead-letter queue that is deleted is there again, with what is parked then, once in the index', async () => {
  // Far less than what attempts take, the setting of the other test sends again what only waits.
  await operations.restart({ LOST_EVENTS_RESENT_AFTER_MS: '0' });
  const queue = 'payment-service.dead-letter';
  const wanted = (await bindingsOf(queue)).length;
  await shop.vhost.api(`/queues/{vhost}/${queue}`, { method: 'DELETE' });
  await until(
    async () => ((await metric(shop.service('payment').url, 'quickstep_queues_recreated_total')) > 0 ? true : undefined),
    () => 'The queue was not created again',
    PATIENCE_MS,
  );
  expect(await bindingsOf(queue)).toHaveLength(wanted);
  const { id } = await shop.place({ paymentMethod: 'pm_gateway_down' });
  const event = await shop.spy.eventOf(id, 'inventory.reserved');
  await shop.spy.parkedEvent(event.id);
  const letters = await new Desk(operations).waiting(1, `order=${id}`);
  expect(letters.map(({ state, service, eventId }) => `${state} ${service} ${eventId}`)).toEqual([
    `parked payment-service ${event.id}`,
  ]);
  const deep = async () => (await shop.vhost.api<{ messages?: number }>(`/queues/{vhost}/${queue}`)).messages;
  await until(
    async () => ((await deep()) === 1 ? true : undefined),
    () => 'The message is not in the queue',
    PATIENCE_MS,
  );
});

test('what nobody waits for is sent again with what is waited for; what an operator sees to is not', async () => {
  const before = (await resends()).length;
  const { id } = await shop.place();
  expect(await shop.ended(id)).toBe('COMPLETED');
  const shipped = await shop.eventOf(id, 'shipping.shipped');
  await shop.settled();
  const inventory = shop.database('inventory');
  await inventory.query('delete from inbox where event_id = $1', [shipped.id]);
  const wanted = (await bindingsOf('inventory-service')).length;
  await unbind('inventory-service');
  const lost = await shop.place();
  await boundAgain('inventory-service', wanted);
  await operations.restart(SOON);
  expect(await shop.ended(lost.id)).toBe('COMPLETED');
  await until(
    async () => ((await inventory.query('select from inbox where event_id = $1', [shipped.id])).rowCount ? true : undefined),
    () => 'The shipment did not come again',
    PATIENCE_MS,
  );
  // Of the test before an order still waits for what is parked.
  const toWhom = (await resends()).slice(0, -before).map(({ about }) => about);
  expect([...new Set(toWhom)]).toEqual(['inventory-service']);
  const parked = await new Desk(operations).list('service=payment-service');
  expect(parked).toHaveLength(1);
  const waiting = parked[0]?.subject ?? '';
  await shop.expire(waiting);
  expect(await shop.ended(waiting)).toBe('CANCELLED');
  expect(await shop.invariants()).toEqual([]);
});
