import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDataSource, IdempotencySecret1760000000000, idempotencySecret, migrate } from '@quickstep/shared/db';
import { type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test('replicas that start at once share one secret, which stays; another installation has another', async () => {
  const options = { applicationName: 'secret-test', entities: [], migrations: [IdempotencySecret1760000000000], poolSize: 3 };
  const dataSource = createDataSource({ url: database.url, ...options });
  await dataSource.initialize();
  await migrate(dataSource);
  const [secret, ...others] = await Promise.all([1, 2, 3].map(() => idempotencySecret(dataSource)));
  expect(secret).toHaveLength(32);
  for (const other of [...others, await idempotencySecret(dataSource)]) expect(other).toEqual(secret);
  await dataSource.undoLastMigration();
  await migrate(dataSource);
  expect(await idempotencySecret(dataSource)).not.toEqual(secret);
  await dataSource.destroy();
});

test('a row that vanishes at once is an error', async () => {
  const options = { applicationName: 'secret-test', entities: [], migrations: [IdempotencySecret1760000000000], poolSize: 1 };
  const dataSource = createDataSource({ url: database.url, ...options });
  await dataSource.initialize();
  await migrate(dataSource);
  await dataSource.query('delete from idempotency_secret');
  await dataSource.query('create rule lost as on insert to idempotency_secret do instead nothing');
  await expect(idempotencySecret(dataSource)).rejects.toThrow('lost its row while the service started');
  await dataSource.destroy();
});
