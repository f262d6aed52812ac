import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { choreography, topologyOf } from '@quickstep/shared/choreography';
import { InventoryReleased, OrderCancelled, OrderCreated, orderStateOf } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { createDataSource, migrate, PgBindingRecord, QueueDeclarations1760000000000 } from '@quickstep/shared/db';
import type { EventContract } from '@quickstep/shared/events';
import { AmqpConsumer } from '@quickstep/shared/messaging';
import type { Delivery } from '@quickstep/shared/pipeline';
import { type FreshDatabase, freshDatabase, freshVhost, type Vhost } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { Arrivals, closeConnection, Opened, outgoing, Reports } from './harness.js';

let vhost: Vhost;
let database: FreshDatabase;
let dataSource: DataSource;
const opened = new Opened(() => vhost);

beforeAll(async () => {
  [vhost, database] = await Promise.all([freshVhost(), freshDatabase()]);
  dataSource = createDataSource({
    url: database.url,
    applicationName: 'bindings-test',
    entities: [],
    migrations: [QueueDeclarations1760000000000],
    poolSize: 2,
  });
  await dataSource.initialize();
  await migrate(dataSource);
});
afterEach(() => opened.closeAll());
afterAll(async () => {
  await dataSource.destroy();
  await Promise.all([vhost.drop(), database.drop()]);
});
beforeEach(async () => {
  await dataSource.query('truncate queue_declarations');
  const channel = await opened.observerChannel();
  await channel.deleteQueue('stock-service');
});

const topologyWith = (...on: EventContract[]) =>
  topologyOf(choreography('stock-service', { look: { on, outcomes: { looked: [] } } }), [50]);

/** Starts a version of the service that consumes these. */
async function version(...on: EventContract[]) {
  const topology = topologyWith(...on);
  const reports = new Reports();
  const deliveries = new Arrivals<Delivery>();
  const broker = await opened.broker(reports);
  const publisher = await opened.publisher(broker, reports);
  const consumer = new AmqpConsumer({
    connection: broker.consuming,
    topology,
    observer: reports,
    copies: publisher,
    prefetch: 10,
    bindingRecord: new PgBindingRecord(dataSource),
    deliver: (delivery) => deliveries.push(delivery),
  });
  opened.add(() => consumer.stop(AbortSignal.abort()));
  await consumer.start();
  return { consumer, publisher, reports, deliveries };
}

/** What the queue gets of the events; redelivered copies and the default exchange are always bound. */
async function bound(): Promise<string[]> {
  const bindings = await vhost.api<{ source: string; routing_key: string }[]>('/queues/{vhost}/stock-service/bindings');
  return bindings.flatMap(({ source, routing_key }) => (source.endsWith('.events') ? [routing_key] : [])).sort();
}

test('a version that consumes an event no longer does not get it any more', async () => {
  const before = await version(OrderCreated, OrderCancelled);
  expect(await bound()).toEqual(['order.cancelled', 'order.created']);
  await before.consumer.stop();
  const { publisher } = await version(OrderCreated);
  expect(await bound()).toEqual(['order.created']);
  const cancelled = outgoing(OrderCancelled({ ...orderStateOf(sampleOrder()), reason: 'x' }));
  expect(await publisher.publish([cancelled])).toEqual(['returned']);
});

test('a replica of the version before takes nothing from the new one, however often it subscribes or starts', async () => {
  const old = await version(OrderCreated, OrderCancelled);
  await version(OrderCreated, InventoryReleased);
  expect(await bound()).toEqual(['inventory.released', 'order.created']);
  await closeConnection(vhost, 'stock-service:consume');
  await old.reports.matching(/connection lost/);
  await version(OrderCreated, OrderCancelled);
  expect(await bound()).toContain('inventory.released');
});

test('each version removes again what an older one has bound meanwhile', async () => {
  await version(OrderCreated, OrderCancelled);
  await version(OrderCreated);
  await version(OrderCreated, OrderCancelled);
  expect(await bound()).toEqual(['order.cancelled', 'order.created']);
  await version(OrderCreated);
  expect(await bound()).toEqual(['order.created']);
});

test('a record that cannot be read does not keep the service from consuming', async () => {
  await dataSource.query('alter table queue_declarations rename to away');
  const { publisher, deliveries, reports } = await version(OrderCreated);
  await reports.matching(/bindings of earlier versions could not be looked for.*queue_declarations/);
  await publisher.publish([outgoing()]);
  (await deliveries.next()).ack();
  await dataSource.query('alter table away rename to queue_declarations');
});
