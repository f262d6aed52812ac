import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { entityOf } from '@quickstep/shared/db';
import { eventually, freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import { Client } from 'pg';
import request, { type Response } from 'supertest';
import { Catalogue } from '../src/db/tables.js';
import { orderConfig, startOrderService } from '../src/service.js';
import { body } from './order-api.js';

let surroundings: Surroundings;
let service: Awaited<ReturnType<typeof startOrderService>>;
let operator: Client;

beforeAll(async () => {
  surroundings = await freshSurroundings();
  service = await startOrderService(orderConfig(surroundings.env));
  const item = { sku: 'SKU-1', name: 'Item', unitPrice: 1_000, currency: 'EUR', revision: 1 };
  await service.dataSource.getRepository(entityOf(Catalogue)).insert(item);
  operator = new Client({ connectionString: surroundings.env.POSTGRES_URL });
  await operator.connect();
});
afterAll(async () => {
  await operator.end();
  await service.stop();
  await surroundings.drop();
});

/** Ends the sessions that wait to write into the outbox, and says how many. The exchange that does so carries the COMMIT. */
const END_WRITERS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into outbox%' and pid <> pg_backend_pid()`;

/** Places an order, whose connection to the database is cut while its transaction is being committed. */
async function placeAndCut(headers: Record<string, string>): Promise<Response> {
  await operator.query('begin');
  await operator.query('lock table outbox in share mode');
  const answer = Promise.resolve(request(service.url).post('/orders').set(headers).send(body));
  // On another connection: within a transaction pg_stat_activity stays what it was at first.
  await eventually(async () => (await service.dataSource.query<unknown[]>(END_WRITERS)).length > 0);
  await operator.query('rollback');
  return answer;
}

const ready = () => eventually(async () => (await request(service.url).post('/orders').send(body)).status === 202);

test('without a key the answer says that it is unknown whether the order was placed, and where to look', async () => {
  const { status, headers, body: problem } = await placeAndCut({});
  expect(status).toBe(503);
  expect(headers['content-type']).toBe('application/problem+json');
  expect(problem).toMatchObject({ code: 'outcome_unknown', checkAt: expect.stringMatching(/^\/orders\/[0-9a-f-]{36}$/) });
  expect(headers).not.toHaveProperty('retry-after');
  await ready();
  // The server had not come to the COMMIT, as it happens.
  await request(service.url).get(problem.checkAt).expect(404);
});

test('with a key it says to repeat it, which places the order once', async () => {
  const key = { 'idempotency-key': 'order-1' };
  const { status, headers, body: problem } = await placeAndCut(key);
  expect(status).toBe(503);
  expect(problem).toMatchObject({ code: 'outcome_unknown', detail: expect.stringContaining('same Idempotency-Key') });
  expect(headers['retry-after']).toBe('1');
  await ready();
  const repeated = await request(service.url).post('/orders').set(key).send(body).expect(202);
  expect(`/orders/${repeated.body.id}`).toBe(problem.checkAt);
});
