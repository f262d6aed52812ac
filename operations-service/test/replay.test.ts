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

async function archived(): Promise<string> {
  const id = v7();
  const about = { type: 'order.completed', subject: 's', correlationId: 's', causationId: 'c' };
  const time = new Date();
  const body = JSON.stringify({ id, type: about.type, time });
  const line = { cursor: id, id, ...about, time, event: JSON.parse(body), body };
  const positions = new FeedPositions(dataSource);
  await positions.store('order-service', await positions.cursorOf('order-service'), [line]);
  return id;
}

test('what comes while events are sent again is not sent, and does not keep it from ending', async () => {
  const there = [await archived(), await archived()];
  const sent: unknown[] = [];
  const publish = async ({ options }: { options: { messageId?: string } }) => {
    sent.push(options.messageId);
    // More than ever come of it: whoever follows them would not fail, but never end.
    if (sent.length < 20) await archived();
  };
  const order = { to: 'notification-service', filter: {}, again: false, dryRun: false };
  const told = await replay(order, {
    archive: new Archive(dataSource),
    inboxes: { handled: async () => new Map() },
    publish,
  });
  expect(sent).toEqual(there);
  expect(told).toEqual({ found: 2, handled: 0, sent: 2 });
});
