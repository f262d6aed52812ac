import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDataSource, kitMigrations, migrate } from '@quickstep/shared/db';
import { type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { FeedPositions } from '../src/archive/feed-positions.js';
import { Archive, Archive1760000000001 } from '../src/archive/index.js';

let database: FreshDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await freshDatabase();
  const migrations = [...kitMigrations, Archive1760000000001];
  dataSource = createDataSource({ url: database.url, applicationName: 'pages', entities: [], migrations, poolSize: 4 });
  await dataSource.initialize();
  await migrate(dataSource);
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** @param bytes of each */
async function archived(count: number, bytes: number): Promise<void> {
  const lines = Array.from({ length: count }, () => {
    const id = v7();
    const about = { type: 'order.completed', subject: 's', correlationId: 's', causationId: 'c' };
    const time = new Date();
    const body = JSON.stringify({ id, type: about.type, time, data: 'x'.repeat(bytes) });
    return { cursor: id, id, ...about, time, event: JSON.parse(body), body };
  });
  const positions = new FeedPositions(dataSource);
  await positions.store('order-service', await positions.cursorOf('order-service'), lines);
}

test.each([
  ['large', 5, 2_500_000, 10, [2, 2, 1]],
  ['small', 5, 10, 2, [2, 2, 1]],
  ['as many as fit', 4, 10, 2, [2, 2]],
])('%s events come page by page, and each page says whether there are more', async (_, count, bytes, limit, expected) => {
  await archived(count, bytes);
  const sizes: number[] = [];
  for (let [more, before]: [boolean, number | undefined] = [true, undefined]; more; ) {
    const page = await new Archive(dataSource).page({}, limit, before);
    sizes.push(page.events.length);
    more = page.more;
    before = page.events.at(-1)?.position;
  }
  expect(sizes).toEqual(expected);
});
