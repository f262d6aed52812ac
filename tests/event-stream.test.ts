import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CloudEvent } from '@quickstep/shared/events';
import { type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';
import { connect } from 'amqplib';
import { Client } from 'pg';
import { antarctica, openShop, type Shop } from './support/shop.js';
import { until } from './support/until.js';

const root = resolve(__dirname, '..');

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ EVENT_STREAM: 'on' });
});
afterAll(() => shop.close());

/** Reads the stream from its first offset until it has met all of these events. */
async function readAll(expected: ReadonlySet<string>): Promise<CloudEvent[]> {
  const connection = await connect(shop.vhost.url);
  const channel = await connection.createChannel();
  await channel.prefetch(100);
  const events: CloudEvent[] = [];
  const missing = new Set(expected);
  const all = Promise.withResolvers<void>();
  await channel.consume(
    'events',
    (message) => {
      if (message === null) return all.reject(new Error('The stream is gone'));
      const event: CloudEvent = JSON.parse(message.content.toString());
      events.push(event);
      missing.delete(event.id);
      channel.ack(message);
      if (missing.size === 0) all.resolve();
    },
    { arguments: { 'x-stream-offset': 'first' } },
  );
  await all.promise;
  await connection.close();
  return events;
}

test('orders end as ever, and a reader that begins at the first offset meets every event', async () => {
  const placed = await Promise.all([
    ...Array.from({ length: 20 }, () => shop.place()),
    shop.place({ paymentMethod: 'pm_card_declined' }),
    shop.place({ shippingAddress: antarctica }),
    shop.place({ items: [{ sku: 'SKU-RARE', quantity: 2 }] }),
  ]);
  const endings = await Promise.all(placed.map(({ id }) => shop.ended(id)));
  expect(endings).toEqual([...Array(20).fill('COMPLETED'), 'CANCELLED', 'CANCELLED', 'CANCELLED']);
  expect(await shop.invariants()).toEqual([]);
  const emitted = new Set(shop.spy.all.map(({ id }) => id));
  const read = new Set((await readAll(emitted)).map(({ id }) => id));
  expect(read).toEqual(emitted);
});

test('the stream forgets by age and size', async () => {
  const { type, arguments: args } = await shop.vhost.api<{ type: string; arguments: object }>('/queues/{vhost}/events');
  expect(type).toBe('stream');
  expect(args).toMatchObject({ 'x-max-age': '7D', 'x-max-length-bytes': 5_000_000_000 });
});

test('a deleted queue loses nothing, although no event is returned for want of one', async () => {
  await shop.service('payment').stop();
  const reserved = async (id: string) => void (await shop.eventOf(id, 'inventory.reserved'));
  const placed = await Promise.all(Array.from({ length: 30 }, () => shop.place()));
  await Promise.all(placed.map(({ id }) => reserved(id)));
  await shop.vhost.api('/queues/{vhost}/payment-service', { method: 'DELETE' });
  const later = await Promise.all(Array.from({ length: 10 }, () => shop.place()));
  await Promise.all(later.map(({ id }) => reserved(id)));
  await shop.start('payment');
  const endings = await Promise.all([...placed, ...later].map(({ id }) => shop.ended(id)));
  expect(new Set(endings)).toEqual(new Set(['COMPLETED']));
  expect(await shop.invariants()).toEqual([]);
});

test('the reader in the documentation counts each sale once, also when it is started again', async () => {
  const [, code = ''] =
    /```js\n(\/\/ sales-reader\.mjs[\s\S]*?)```/.exec(readFileSync(join(root, 'docs/reading-the-stream.md'), 'utf8')) ?? [];
  const directory = mkdtempSync(join(root, '.stream-reader-'));
  const file = join(directory, 'sales-reader.mjs');
  writeFileSync(file, code);
  const database = await freshDatabase();
  try {
    await shop.ended((await shop.place()).id);
    await untilSold(file, database);
    await shop.ended((await shop.place()).id);
    await untilSold(file, database);
  } finally {
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Runs the reader until its table says what was sold; then stops it in whatever it does. */
async function untilSold(file: string, database: FreshDatabase): Promise<void> {
  await shop.settled();
  const completed = shop.spy.all.filter(({ type }) => type === 'order.completed').map(({ id }) => id);
  const reader: ChildProcess = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH, RABBITMQ_URL: shop.vhost.url, POSTGRES_URL: database.url },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const sales = async (): Promise<string[]> =>
    (await client.query<{ id: string }>('select event_id as id from sales').catch(() => ({ rows: [] }))).rows.map(({ id }) => id);
  await until(
    async () => (await sales()).length >= completed.length || undefined,
    () => 'The reader has not met every sale',
  );
  expect((await sales()).sort()).toEqual(completed.sort());
  const ended = once(reader, 'exit');
  reader.kill('SIGKILL');
  await ended;
  await client.end();
}
