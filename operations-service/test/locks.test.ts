import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDataSource, keepPartitions, kitMigrations, migrate } from '@quickstep/shared/db';
import { type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { PlanItems } from '../src/db/dead-letter-items.js';

let database: FreshDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await freshDatabase();
  dataSource = createDataSource({
    url: database.url,
    applicationName: 'locks',
    entities: [],
    migrations: [...kitMigrations],
    poolSize: 4,
  });
  await dataSource.initialize();
  await migrate(dataSource);
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

test('the partitions of the log are kept while a plan for dead letters is carried out', async () => {
  const items = new PlanItems(dataSource);
  expect(await items.alone(() => keepPartitions(dataSource, 0))).toEqual([]);
});
