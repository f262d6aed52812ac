import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { reactsTo } from '@quickstep/shared/choreography';
import { samplesOf, sumOf } from '@quickstep/shared/telemetry';
import { type ServiceName, serviceNames, services } from '@quickstep/system';
import { Client } from 'pg';
import { Desk } from './support/dead-letters.js';
import { Operations, secretFile } from './support/operations.js';
import { openShop, type Shop } from './support/shop.js';
import { until } from './support/until.js';

/** `LAYOUT_ORDERS=2000` for a longer run. */
const ORDERS = Number(process.env.LAYOUT_ORDERS ?? 200);
/** It notes where it begins, and sends nothing again. */
const LATER = { LOST_EVENTS_RESENT_AFTER_MS: '3600000' };
/** From when the queue is bound again: what is sent to one that is not goes to its dead letters. */
const SOON = { LOST_EVENTS_RESENT_AFTER_MS: '4000' };
const STEPS = serviceNames
  .flatMap((name) => Object.values(services[name].choreography.steps))
  .filter((step) => reactsTo(step).length > 0).length;
const secret = secretFile();
let shop: Shop;
let operations: Operations;
let archive: Client;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, { ...secret.env, ...LATER });
  archive = new Client({ connectionString: operations.database.url });
  await archive.connect();
  await until(
    async () => ((await archive.query('select from compared_deliveries')).rowCount === STEPS ? true : undefined),
    () => 'It has not seen every step',
  );
});
afterAll(async () => {
  await archive.end();
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
  );

/** The latest first. */
const resends = async () => (await new Desk(operations).audit()).filter(({ what }) => what === 'resend-lost');

/** Of all labels together. */
const metric = async (url: string, name: string) => sumOf(samplesOf(await (await fetch(`${url}/metrics`)).text()), name) ?? 0;

const handled = (name: ServiceName, event: string) =>
  until(
    async () =>
      (await shop.database(name).query('select from inbox where event_id = $1', [event])).rowCount === 0 ? undefined : true,
    () => `${name} has not handled ${event}`,
  );

test('a queue whose bindings are removed while orders run is bound again, and gets what it has missed', async () => {
  const wanted = (await bindingsOf('payment-service')).length;
  const running = place(ORDERS / 2);
  await shop.eventOf((await shop.place()).id, 'inventory.reserved');
  // Not before some have come while nothing was bound.
  const letBind = await shop.keepUnbound('payment');
  await unbind('payment-service');
  const first = await running;
  // A look that had begun before may have bound it once more.
  await unbind('payment-service');
  const orders = [...first, ...(await place(ORDERS / 2))];
  await Promise.all(orders.map((id) => shop.eventOf(id, 'inventory.reserved')));
  await letBind();
  await boundAgain('payment-service', wanted);
  await operations.restart(SOON);
  await until(
    async () => ((await metric(operations.url, 'quickstep_lost_events_resent')) > 0 ? true : undefined),
    () => 'Nothing was sent again',
  );
  const endings = await Promise.all(orders.map((id) => shop.ended(id)));
  expect(endings.filter((ending) => ending !== 'COMPLETED')).toEqual([]);
  expect(await shop.invariants()).toEqual([]);
  expect((await resends()).map(({ who, about }) => `${who} ${about}`)).toContain('operations-service payment-service');
});

test('a dead-letter queue that is deleted is there again, with what is parked then, once in the index', async () => {
  // Far less than what attempts take, the setting of the other test sends again what only waits.
  await operations.restart(LATER);
  const queue = 'payment-service.dead-letter';
  const wanted = (await bindingsOf(queue)).length;
  await shop.vhost.api(`/queues/{vhost}/${queue}`, { method: 'DELETE' });
  await until(
    async () => ((await metric(shop.service('payment').url, 'quickstep_queues_recreated_total')) > 0 ? true : undefined),
    () => 'The queue was not created again',
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
  );
});

test('what nobody waits for is sent again by itself; what an operator sees to is not', async () => {
  const before = (await resends()).length;
  await operations.restart(LATER);
  const wanted = (await bindingsOf('notification-service')).length;
  const bindShipped = await shop.unbind('inventory', 'shipping.shipped');
  await unbind('notification-service');
  const { id } = await shop.place();
  expect(await shop.ended(id)).toBe('COMPLETED');
  const [shipped, completed] = [await shop.eventOf(id, 'shipping.shipped'), await shop.eventOf(id, 'order.completed')];
  await bindShipped();
  await boundAgain('notification-service', wanted);
  await operations.restart(SOON);
  await handled('inventory', shipped.id);
  await handled('notification', completed.id);
  // Of the test before an order still waits for what is parked.
  const toWhom = (await resends()).slice(0, (await resends()).length - before).map(({ about }) => about);
  expect([...new Set(toWhom)].sort()).toEqual(['inventory-service', 'notification-service']);
  const parked = await new Desk(operations).list('service=payment-service');
  expect(parked).toHaveLength(1);
  const waiting = parked[0]?.subject ?? '';
  await shop.expire(waiting);
  expect(await shop.ended(waiting)).toBe('CANCELLED');
  expect(await shop.invariants()).toEqual([]);
});
