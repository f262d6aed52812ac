import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDataSource, kitMigrations, migrate } from '@quickstep/shared/db';
import { type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { FeedPositions } from '../src/archive/feed-positions.js';
import { Archive, Archive1760000000001 } from '../src/archive/index.js';
import { replay } from '../src/dead-letters/replay.js';

let database: FreshDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await freshDatabase();
  const migrations = [...kitMigrations, Archive1760000000001];
  dataSource = createDataSource({ url: database.url, applicationName: 'replay', entities: [], migrations, poolSize: 4 });
  await dataSource.initialize();
  await migrate(dataSource);
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

async function archived(daysAgo = 0): Promise<string> {
  const id = v7();
  const about = { type: 'order.completed', subject: 's', correlationId: 's', causationId: 'c' };
  const time = new Date(Date.now() - daysAgo * 86_400_000);
  const body = JSON.stringify({ id, type: about.type, time });
  const line = { cursor: id, id, ...about, time, event: JSON.parse(body), body };
  const positions = new FeedPositions(dataSource);
  await positions.store('order-service', await positions.cursorOf('order-service'), [line]);
  return id;
}

/** A service that remembers nothing, and says for how long it would. */
const knowing = (days: number) => ({
  inboxes: { handled: async () => new Map(), retentionDays: () => days },
  inboxDays: days,
  now: () => new Date(),
});

test('what comes while events are sent again is not sent, and does not keep it from ending', async () => {
  const there = [await archived(), await archived()];
  const sent: unknown[] = [];
  const publish = async ({ options }: { options: { messageId?: string } }) => {
    sent.push(options.messageId);
    // More than ever come of it: whoever follows them would not fail, but never end.
    if (sent.length < 20) await archived();
  };
  const order = { to: 'notification-service', filter: {}, again: false, older: false, dryRun: false };
  const told = await replay(order, {
    archive: new Archive(dataSource),
    ...knowing(30),
    publish,
  });
  expect(sent).toEqual(there);
  expect(told).toEqual({ found: 2, handled: 0, older: 0, sent: 2 });
});

test.each([
  ['the service', 30, 10],
  ['the operations service', 10, 30],
])('what is older than %s remembers is counted, and sent only when asked for', async (_, inboxDays, retentionDays) => {
  const [old, recent] = [await archived(11), await archived(9)];
  const sent: unknown[] = [];
  const options = {
    archive: new Archive(dataSource),
    ...knowing(retentionDays),
    inboxDays,
    publish: async ({ options: { messageId } }: { options: { messageId?: string } }) => void sent.push(messageId),
  };
  const order = { to: 'notification-service', filter: {}, again: false, older: false, dryRun: false };
  expect(await replay({ ...order, dryRun: true }, options)).toEqual({ found: 2, handled: 0, older: 1, sent: 0 });
  expect(await replay(order, options)).toEqual({ found: 2, handled: 0, older: 1, sent: 1 });
  expect(sent.splice(0)).toEqual([recent]);
  expect(await replay({ ...order, older: true }, options)).toEqual({ found: 2, handled: 0, older: 1, sent: 2 });
  expect(sent).toEqual([old, recent]);
});
