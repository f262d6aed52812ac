import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Desk } from './support/dead-letters.js';
import { Operations, secretFile } from './support/operations.js';
import { openShop, type Shop } from './support/shop.js';
import { until } from './support/until.js';

/** `LAYOUT_ORDERS=2000` for a longer run. */
const ORDERS = Number(process.env.LAYOUT_ORDERS ?? 200);
const PATIENCE_MS = 120_000;
const secret = secretFile();
let shop: Shop;
let operations: Operations;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, { ...secret.env, LOST_EVENTS_RESENT_AFTER_MS: '4000' });
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

const metric = async (url: string, name: string) =>
  Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, 'm').exec(await (await fetch(`${url}/metrics`)).text())?.[1] ?? 0);

test('a queue whose bindings are removed while orders run is bound again, and gets what it has missed', async () => {
  const wanted = (await bindingsOf('payment-service')).length;
  const running = place(ORDERS / 2);
  await shop.eventOf((await shop.place()).id, 'inventory.reserved');
  await unbind('payment-service');
  const orders = [...(await running), ...(await place(ORDERS / 2))];
  await until(
    async () => ((await bindingsOf('payment-service')).length === wanted ? true : undefined),
    () => 'The queue is not bound as it was',
    PATIENCE_MS,
  );
  const endings = await Promise.all(orders.map((id) => shop.ended(id)));
  expect(endings.filter((ending) => ending !== 'COMPLETED')).toEqual([]);
  expect(await shop.invariants()).toEqual([]);
  const acts = (await new Desk(operations).audit()).filter(({ what }) => what === 'resend-lost');
  expect(acts.map(({ who, about }) => `${who} ${about}`)).toContain('operations-service payment-service');
  expect(await metric(operations.url, 'quickstep_lost_events_resent')).toBeGreaterThanOrEqual(1);
});

test('a dead-letter queue that is deleted is there again, with what is parked then, once in the index', async () => {
  // Far less than what attempts take, the setting of the other test sends again what only waits.
  await operations.restart({ LOST_EVENTS_RESENT_AFTER_MS: '600000' });
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
