import { describe, expect, test } from '@jest/globals';
import { choreography, topologyOf } from '@quickstep/shared/choreography';
import { OrderCreated } from '@quickstep/shared/contracts';
import { declareTopology } from '@quickstep/shared/messaging';
import type { Vhost } from '@quickstep/shared/testing';
import type { ConfirmChannel } from 'amqplib';
import { atBroker } from './at-broker.js';
import { another, closeConnection, failing, outgoing, takeFrom, topology } from './harness.js';

let vhost: Vhost;
let channel: ConfirmChannel;
const opened = atBroker((made) => {
  ({ vhost, channel } = made);
});

describe('copies', () => {
  test('a retried event waits, and comes back with one more attempt', async () => {
    const { publisher, deliveries } = await opened.service();
    const sent = outgoing();
    await publisher.publish([sent]);
    for (let attempt = 0; attempt < 3; attempt++) {
      const delivery = await deliveries.next();
      expect(delivery).toMatchObject({
        attempt,
        body: sent.body,
        exchange: 'order.events',
        routingKey: 'order.created',
      });
      await delivery.retry(sent.body, failing('the gateway is down'), another(delivery));
      delivery.ack();
    }
    (await deliveries.next()).ack();
  });

  test('keep the account that the broker knows to have published the event', async () => {
    const { deliveries } = await opened.service();
    const userId = decodeURIComponent(new URL(vhost.url).username);
    channel.publish('order.events', 'order.created', Buffer.from('{}'), { userId });
    const first = await deliveries.next();
    expect(first).toMatchObject({ userId });
    await first.retry('{}', failing('again'), another(first));
    first.ack();
    const second = await deliveries.next();
    expect(second).toMatchObject({ userId, attempt: 1 });
    await second.park('{}', failing('enough'));
    second.ack();
    const { properties } = await takeFrom(channel, topology.deadLetterQueue);
    expect(properties.headers).toMatchObject({ 'x-user-id': userId, 'x-attempts': 2 });
  });

  test('are believed only from their wait: anybody may write their headers', async () => {
    const { deliveries } = await opened.service();
    const headers = {
      'x-exchange': 'payment.events',
      'x-routing-key': 'payment.completed',
      'x-user-id': 'x',
      'x-attempt': 9,
      'x-death': 7,
    };
    channel.publish('order.events', 'order.created', Buffer.from('{}'), { headers });
    const delivery = await deliveries.next();
    expect(delivery).toMatchObject({
      exchange: 'order.events',
      routingKey: 'order.created',
      userId: undefined,
      attempt: 0,
    });
    await delivery.park('{}', failing('forged'));
    delivery.ack();
    const { properties } = await takeFrom(channel, topology.deadLetterQueue);
    expect(properties.headers).toMatchObject({ 'x-exchange': 'order.events', 'x-routing-key': 'order.created', 'x-attempts': 1 });
    expect(properties.headers).not.toHaveProperty('x-death');
  });

  test.each([
    ['50ms.stock-service', 'inventory-service', 'the service itself has put it there'],
    ['redrive.stock-service', 'inventory-service', 'an operator sends it again'],
    ['order-service.stock-service', 'order-service', 'an emitter sends it from its log, whatever the header says'],
  ])('that come back under %s count as published by %s: %s', async (key, userId) => {
    const { deliveries } = await opened.service();
    const headers = { 'x-exchange': 'inventory.events', 'x-routing-key': 'inventory.reserved', 'x-user-id': 'inventory-service' };
    channel.publish('redeliver', key, Buffer.from('{}'), { headers });
    const delivery = await deliveries.next();
    expect(delivery).toMatchObject({ userId, exchange: 'inventory.events' });
    delivery.ack();
  });

  test.each<[string, unknown, number]>([
    ['a text', '7', 0],
    ['negative', -5, 0],
    ['no whole number', 1.5, 0],
    ['a table', { a: 1 }, 0],
    ['far too large', 2 ** 52, 1_000],
  ])('count their attempts sanely when the header is %s', async (_what, attempt, believed) => {
    const { deliveries } = await opened.service();
    channel.publish('redeliver', '50ms.stock-service', Buffer.from('{}'), { headers: { 'x-attempt': attempt } });
    const delivery = await deliveries.next();
    expect(delivery.attempt).toBe(believed);
    await delivery.retry('{}', failing('again'), another(delivery));
    delivery.ack();
    (await deliveries.next()).ack();
  });

  test('wait beside those of other services, and come back to the right one', async () => {
    const { publisher, deliveries } = await opened.service();
    const neighbour = topologyOf(
      choreography('neighbour-service', { look: { on: [OrderCreated], outcomes: { looked: [] } } }),
      [50],
    );
    await declareTopology(channel, neighbour);
    await channel.purgeQueue(neighbour.queue);
    const sent = outgoing();
    await publisher.publish([sent]);
    const delivery = await deliveries.next();
    await takeFrom(channel, neighbour.queue);
    await delivery.retry(sent.body, failing('again'), another(delivery));
    delivery.ack();
    const retried = await deliveries.next();
    expect(retried).toMatchObject({ attempt: 1, body: sent.body });
    retried.ack();
    expect((await channel.checkQueue(neighbour.queue)).messageCount).toBe(0);
    await channel.deleteQueue(neighbour.queue);
  });

  test('for a service whose queue is gone are parked, and hold up nobody else', async () => {
    const { publisher, deliveries } = await opened.service();
    const gone = topologyOf(choreography('gone-service', { look: { on: [OrderCreated], outcomes: { looked: [] } } }), [50]);
    await declareTopology(channel, gone);
    await channel.deleteQueue(gone.queue);
    // More than the broker's dead-lettering keeps unconfirmed.
    for (let sent = 0; sent < 100; sent++)
      channel.publish('retry', '50ms.gone-service', Buffer.from(`${sent}`), { persistent: true });
    await channel.waitForConfirms();
    const sent = outgoing();
    await publisher.publish([sent]);
    const delivery = await deliveries.next();
    await delivery.retry(sent.body, failing('again'), another(delivery));
    delivery.ack();
    (await deliveries.next()).ack();
    for (let parked = 0; parked < 100; parked++) await takeFrom(channel, gone.deadLetterQueue);
  });

  test('a parked message lies in the dead-letter queue with all that an operator needs', async () => {
    const { publisher, deliveries } = await opened.service();
    const sent = outgoing();
    await publisher.publish([sent]);
    const first = await deliveries.next();
    await first.retry(sent.body, failing('once more'), another(first));
    first.ack();
    const second = await deliveries.next();
    await second.park(sent.body, failing('x'.repeat(2_000)));
    second.ack();
    const { content, properties } = await takeFrom(channel, topology.deadLetterQueue);
    expect(content.toString()).toBe(sent.body);
    expect(properties).toMatchObject({
      messageId: sent.event.id,
      type: 'order.created',
      correlationId: sent.event.correlationid,
      appId: 'stock-service',
      deliveryMode: 2,
      headers: {
        'x-service': 'stock-service',
        'x-attempts': 2,
        'x-exchange': 'order.events',
        'x-routing-key': 'order.created',
        'x-parked-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      },
    });
    expect(properties.headers?.['x-reason']).toHaveLength(500);
  });

  test('a copy waits for the broker while the publishing connection is away', async () => {
    const { publisher, deliveries, reports } = await opened.service();
    await publisher.publish([outgoing()]);
    const delivery = await deliveries.next();
    await closeConnection(vhost, 'stock-service:publish');
    await reports.matching(/stock-service:publish: connection lost/);
    await delivery.retry(delivery.body.toString(), failing('again'), another(delivery));
    delivery.ack();
    const retried = await deliveries.next();
    expect(retried.attempt).toBe(1);
    retried.ack();
  });

  test('what is no text is parked byte for byte', async () => {
    const { deliveries } = await opened.service();
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    channel.publish('order.events', 'order.created', bytes, { contentType: 'application/octet-stream' });
    const delivery = await deliveries.next();
    await delivery.park(delivery.body, failing('The message is not JSON'));
    delivery.ack();
    const parked = await takeFrom(channel, topology.deadLetterQueue);
    expect(parked.content).toEqual(bytes);
    expect(parked.properties.contentType).toBe('application/octet-stream');
  });
});
