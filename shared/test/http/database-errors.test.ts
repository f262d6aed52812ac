import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { translate } from '@quickstep/shared/db';
import { createApp, read } from '@quickstep/shared/http';
import { createLogger } from '@quickstep/shared/logging';
import { createMetrics } from '@quickstep/shared/telemetry';
import { Type } from '@sinclair/typebox';
import supertest from 'supertest';
import { migratedDatabase } from '../db/fixture.js';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

test('what PostgreSQL quotes of the data gets into no log, and where the request failed does', async () => {
  const lines: string[] = [];
  const to = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const byName = read({
    path: '/customers/{name}',
    summary: 'A customer, by something that is no id',
    params: Type.Object({ name: Type.String() }),
    view: Type.Unknown(),
    find: async ({ params }, { dataSource }) => {
      const [customer] = await dataSource.query('select $1::uuid', [params.name]);
      return customer;
    },
  });
  const app = createApp({
    info: { title: 'customer-service', version: '1.0', description: 'Customers' },
    routes: [byName],
    context: database,
    hosts: [],
    translate,
    checks: [],
    needed: [],
    metrics: createMetrics('customer-service'),
    logger: createLogger({ service: 'customer-service', level: 'error', to, readable: false }),
  });
  await supertest(app).get('/customers/Lovelace').expect(500);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('Lovelace');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    message: 'a request failed',
    route: '/customers/{name}',
    reason: 'PostgreSQL refuses the data (22P02): invalid input syntax for type uuid',
    stack: expect.stringContaining('shared/test/http/database-errors.test.ts:'),
  });
});
