import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDataSource, kitMigrations, migrate } from '@quickstep/shared/db';
import { type Broker, connectBroker } from '@quickstep/shared/messaging';
import { type FreshDatabase, freshDatabase, freshVhost, until, type Vhost } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { DeadLetterIndex } from '../src/db/dead-letter-index.js';
import { deadLetterMigrations } from '../src/db/dead-letter-migration.js';
import { deadLetterQueueOf, holdingLetters, reconcileQueue } from '../src/dead-letters/sweep.js';

const service = 'a-service';
const queue = deadLetterQueueOf(service);
let vhost: Vhost;
let broker: Broker;
let database: FreshDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  [vhost, database] = await Promise.all([freshVhost(), freshDatabase()]);
  broker = await connectBroker({ url: vhost.url, service: 'test', observer: { trouble: () => undefined } });
  const migrations = [...kitMigrations, ...deadLetterMigrations];
  dataSource = createDataSource({ url: database.url, applicationName: 'sweep', entities: [], migrations, poolSize: 4 });
  await dataSource.initialize();
  await migrate(dataSource);
});
afterEach(async () => {
  await Promise.all([dataSource.destroy(), broker.close()]);
  await Promise.all([vhost.drop(), database.drop()]);
});

test('what is not wanted is back in its queue while what is wanted is held', async () => {
  const channel = await broker.publishing.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  for (const text of ['wanted', 'not wanted', 'not wanted either'])
    channel.sendToQueue(queue, Buffer.from(text), { headers: { 'x-service': service } });
  await channel.waitForConfirms();
  const index = new DeadLetterIndex(dataSource);
  await reconcileQueue(broker.consuming, index, service);
  let count = 0;
  while (count < 3) count = (await channel.checkQueue(queue)).messageCount;
  const [one]: { id: string }[] = await dataSource.query("select id from dead_letters where body = 'wanted'");
  await holdingLetters(broker.consuming, index, new Map([[service, new Set([one?.id ?? ''])]]), async ({ queues }) => {
    expect([...(queues.get(service)?.messages.keys() ?? [])]).toEqual([one?.id]);
    for (count = 0; count < 2; ) count = (await channel.checkQueue(queue)).messageCount;
  });
  await channel.close();
});

test('what has been dealt with leaves its queue, even when a plan that was made before wants it', async () => {
  const channel = await broker.publishing.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  for (const text of ['dealt with', 'waiting'])
    channel.sendToQueue(queue, Buffer.from(text), { headers: { 'x-service': service } });
  await channel.waitForConfirms();
  /** What is not acknowledged goes back when the channel closes, in the broker's own time. */
  const waitingInQueue = () =>
    until(
      async () => (await channel.checkQueue(queue)).messageCount || undefined,
      () => 'Nothing came back into the queue',
    );
  const index = new DeadLetterIndex(dataSource);
  const wantedIn = () => dataSource.query("select id, convert_from(body, 'UTF8') as text from dead_letters order by text");
  // A first pass tells the index of both; one is discarded, and the process is killed before the broker knows.
  await holdingLetters(broker.consuming, index, new Map([[service, new Set<string>()]]), async () => undefined);
  const [dealtWith, waiting]: { id: string; text: string }[] = await wantedIn();
  expect(await waitingInQueue()).toBe(2);
  await dataSource.query("update dead_letters set state = 'discarded' where id = $1", [dealtWith?.id]);
  const wanted = new Set([dealtWith?.id ?? '', waiting?.id ?? '']);
  const held = await holdingLetters(broker.consuming, index, new Map([[service, wanted]]), async ({ queues }) => [
    ...(queues.get(service)?.messages.keys() ?? []),
  ]);
  expect(held).toEqual([waiting?.id]);
  expect(await waitingInQueue()).toBe(1);
  await channel.close();
});
