import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completedOrder, Desk, newOrder, Parking } from '../support/dead-letters.js';
import { Operations, secretFile } from '../support/operations.js';
import { openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
let desk: Desk;
let parking: Parking;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, { ...secret.env, DEAD_LETTERS_COMPARED_EVERY_MS: '200' });
  desk = new Desk(operations);
  parking = await Parking.open(shop);
});
afterAll(async () => {
  await parking.close();
  await operations.close();
  await shop.close();
  secret.remove();
});

const QUEUE = 'inventory-service.dead-letter';
const NOTIFICATION = 'notification-service.dead-letter';

async function emptied(queue = QUEUE): Promise<void> {
  let left = 0;
  await until(
    async () => {
      left = await parking.lengthOf(queue);
      return left === 0 || undefined;
    },
    () => `There are ${left} messages in ${queue}`,
  );
}

/** Everything that waits is thrown away. */
async function clear(): Promise<void> {
  const waiting = await desk.list();
  if (waiting.length === 0) return;
  const plan = await desk.plan({});
  await desk.act(plan, 'discard', { reason: 'the test is over' });
  await desk.ended(plan);
  await emptied();
}

describe('messages that cannot be handled', () => {
  test('are indexed, each once, with the reason, and grouped', async () => {
    const event = newOrder();
    parking.send('no JSON');
    parking.send('no JSON either');
    parking.send(JSON.stringify({ ...event, data: {} }));
    parking.send(JSON.stringify({ ...event, dataversion: '9.0' }));
    parking.send(JSON.stringify({ ...event, source: '/payment-service' }));
    parking.send(JSON.stringify({ ...event, type: 'order.unheard_of' }));
    parking.send(`[${'{},'.repeat(1_000)}{}]`, { contentType: 'application/cloudevents-batch+json' });
    const { id } = await shop.place({ paymentMethod: 'pm_gateway_down' });
    const letters = await desk.waiting(8);
    expect(letters.map(({ errorClass }) => errorClass).sort()).toEqual([
      'forged',
      'oversized',
      'transient',
      'unknown-type',
      'unknown-version',
      'unparsable',
      'unparsable',
      'wrong-schema',
    ]);
    expect(await desk.list(`order=${id}`)).toMatchObject([
      { service: 'payment-service', step: 'chargePayment', subject: id, attempts: 4 },
    ]);
    const { body } = await operations.call<{ items: { count: number; errorClass: string }[] }>('GET', '/dead-letters/groups');
    expect(body.items).toHaveLength(7);
    expect(body.items[0]).toMatchObject({ errorClass: 'unparsable', count: 2 });
  });

  test('show no personal data, unless an operator asks for them, which is written down', async () => {
    const [letter] = await desk.list('step=chargePayment');
    const path = `/dead-letters/${letter?.id}`;
    const hidden = await operations.call('GET', path, undefined, 'reader');
    expect(hidden).toMatchObject({ status: 200, body: { revealed: false } });
    expect(JSON.stringify(hidden.body)).not.toContain('ada@example.com');
    expect(await operations.call('GET', `${path}?reveal=true`, undefined, 'reader')).toMatchObject({ status: 403 });
    const shown = await operations.call('GET', `${path}?reveal=true`);
    expect(JSON.stringify(shown.body)).toContain('ada@example.com');
    expect(await desk.audit()).toContainEqual(
      expect.objectContaining({ who: 'tests', what: 'dead-letters.reveal', about: letter?.id }),
    );
  });

  test('are judged: their service would refuse them', async () => {
    const plan = await desk.plan({ service: 'inventory-service' });
    expect(plan).toMatchObject({ state: 'ready', total: 7, verdicts: { refused: 7 } });
    await desk.act(plan, 'redrive');
    // What would come back is left where it is.
    expect(await desk.ended(plan)).toMatchObject({ state: 'done', states: { skipped: 7 } });
    expect(await parking.lengthOf(QUEUE)).toBe(7);
  });

  test('are discarded for a reason, and leave their queue', async () => {
    const plan = await desk.plan({ errorClass: 'unparsable' });
    const answer = await operations.call('POST', `/dead-letters/plans/${plan.id}/discard`, {});
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    await desk.act(plan, 'discard', { reason: 'somebody tried his luck' });
    expect(await desk.ended(plan)).toMatchObject({ state: 'done', states: { discarded: 2 } });
    await until(
      async () => (await parking.lengthOf(QUEUE)) === 5 || undefined,
      () => 'They did not leave the queue',
    );
    expect(await desk.list('state=discarded')).toHaveLength(2);
    expect(await desk.audit()).toContainEqual(
      expect.objectContaining({ what: 'dead-letters.discard', about: plan.id, why: 'somebody tried his luck' }),
    );
  });

  test('are mended by hand: what differs is shown, what would be refused is not taken', async () => {
    const [letter] = await desk.list('errorClass=wrong-schema');
    const path = `/dead-letters/edits/${letter?.id}`;
    const whole = await operations.call<{ body: object }>('GET', `/dead-letters/${letter?.id}?reveal=true`);
    const mended = { ...newOrder(), id: letter?.eventId };
    expect(await operations.call('PUT', path, { event: { ...mended, data: { orderId: 'x' } } })).toMatchObject({ status: 422 });
    expect(await operations.call('PUT', path, { event: newOrder() })).toMatchObject({ status: 422 });
    const changed = await operations.call('PUT', path, { event: mended, reason: 'the data were lost' });
    expect(changed).toMatchObject({ status: 200, body: { edited: true, revealed: false, edit: { by: 'tests' } } });
    expect(JSON.stringify(changed.body)).not.toContain('ada@example.com');
    expect(await operations.call('GET', `/dead-letters/${letter?.id}?reveal=true`)).toMatchObject({
      body: { body: whole.body.body, edit: { body: mended } },
    });
    const plan = await desk.plan({ errorClass: 'wrong-schema' });
    expect(plan.verdicts).toEqual({ 'would-be-processed': 1 });
    await desk.act(plan, 'redrive');
    expect(await desk.ended(plan)).toMatchObject({ state: 'done', states: { processed: 1 } });
    await shop.spy.eventOf(mended.subject, 'inventory.insufficient');
    // There is no such order: the order service parks what follows.
    await desk.waiting(1, 'service=order-service');
    await clear();
  });
});

describe('a change by hand', () => {
  test('of a text for one of the same length is shown, without the text', async () => {
    const event = completedOrder();
    parking.park(event);
    const [letter] = await desk.waiting(1);
    const customerId = event.data.customerId.replace(/.$/, (last) => (last === '1' ? '2' : '1'));
    const change = { event: { ...event, data: { ...event.data, customerId } } };
    const { body } = await operations.call('PUT', `/dead-letters/edits/${letter?.id}`, change);
    const hidden = `*** (${customerId.length} characters)`;
    expect(body).toMatchObject({ edit: { differences: [{ pointer: '/data/customerId', before: hidden, after: hidden }] } });
    const revealed = await operations.call('GET', `/dead-letters/${letter?.id}?reveal=true`);
    const difference = { pointer: '/data/customerId', before: event.data.customerId, after: customerId };
    expect(revealed.body).toMatchObject({ edit: { differences: [difference] } });
    await clear();
  });

  test('that is taken back leaves nothing of it', async () => {
    const event = newOrder();
    parking.send(JSON.stringify({ ...event, data: {} }));
    const [letter] = await desk.waiting(1);
    const another = newOrder();
    const path = `/dead-letters/edits/${letter?.id}`;
    const changed = await operations.call('PUT', path, { event: { ...another, id: event.id } });
    expect(changed).toMatchObject({ status: 200, body: { subject: another.subject } });
    expect(await operations.call('DELETE', path)).toMatchObject({ body: { edited: false, subject: event.subject, edit: null } });
    await clear();
  });
});

describe('sending again', () => {
  test('is done one by one at first, and each is processed', async () => {
    const events = Array.from({ length: 30 }, completedOrder);
    for (const event of events) parking.park(event);
    await desk.waiting(30);
    const plan = await desk.plan({ step: 'notifyCustomer' });
    expect(plan).toMatchObject({ total: 30, verdicts: { 'would-be-processed': 30 } });
    await desk.act(plan, 'redrive', { reason: 'the cause is mended' });
    expect(await desk.ended(plan)).toMatchObject({ state: 'done', states: { processed: 30 } });
    await emptied(NOTIFICATION);
    expect(await desk.list()).toEqual([]);
    const audit = await desk.audit();
    const acts = audit.filter(({ about }) => about === plan.id).map(({ what, result }) => `${what} ${result}`);
    expect(acts).toEqual(['dead-letters.redrive.end done', 'dead-letters.redrive begun', 'dead-letters.plan planned']);
  });

  test('tells what has been processed already, and changes nothing by it', async () => {
    const { id } = await shop.place();
    const event = await shop.spy.eventOf(id, 'order.completed');
    await shop.settled();
    parking.park(event);
    await desk.waiting(1);
    const plan = await desk.plan({ order: id });
    expect(plan.verdicts).toEqual({ 'already-processed': 1 });
    const before = shop.spy.about(id).length;
    await desk.act(plan, 'redrive');
    expect(await desk.ended(plan)).toMatchObject({ state: 'done', states: { processed: 1 } });
    await emptied(NOTIFICATION);
    await shop.settled();
    expect(shop.spy.about(id)).toHaveLength(before);
  });

  test('stops at the first that comes back', async () => {
    // There are no such orders: the order service parks what inventory says of them, each time.
    for (let count = 0; count < 5; count++) parking.send(JSON.stringify(newOrder()));
    await desk.waiting(5, 'service=order-service');
    const metrics = await (await operations.open('/metrics')).text();
    expect(metrics).toMatch(/^quickstep_dead_letters_oldest_seconds\{[^}]*\} (?!0$)\d/m);
    const plan = await desk.plan({ service: 'order-service' });
    await desk.act(plan, 'redrive');
    const ended = await desk.ended(plan);
    expect(ended).toMatchObject({ state: 'stopped', states: { waiting: 4, returned: 1 } });
    expect(ended.stoppedBecause).toContain('came back');
    const letters = await desk.waiting(5, 'service=order-service');
    expect(letters.filter(({ redriven }) => redriven)).toMatchObject([{ attempts: 2 }]);
    await until(
      async () => (await parking.lengthOf('order-service.dead-letter')) === 5 || undefined,
      () => 'The others did not go back',
    );
    await clear();
    await emptied('order-service.dead-letter');
  });
});

describe('the index and the queues', () => {
  test('agree again after messages were parked that the index did not see', async () => {
    await parking.channel.unbindQueue('operations-service.dead-letter-index', 'dead-letter', '#');
    parking.park(completedOrder());
    await parking.confirmed();
    await desk.waiting(1, 'step=notifyCustomer');
    await parking.channel.bindQueue('operations-service.dead-letter-index', 'dead-letter', '#');
  });

  test('agree again after somebody else took a message out of its queue; it can still be sent', async () => {
    // While a pass that has found it holds it, it cannot be purged.
    await until(
      async () => (await parking.channel.purgeQueue(NOTIFICATION)).messageCount === 1 || undefined,
      () => 'It did not go back to its queue',
    );
    const [gone] = await desk.waiting(1, 'state=gone');
    const plan = await desk.plan({ state: 'gone' });
    await desk.act(plan, 'redrive');
    expect(await desk.ended(plan)).toMatchObject({ state: 'done', states: { processed: 1 } });
    expect(gone?.service).toBe('notification-service');
  });
});
