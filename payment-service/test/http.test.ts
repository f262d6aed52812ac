import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { entityOf } from '@quickstep/shared/db';
import { newId } from '@quickstep/shared/service';
import { freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import request from 'supertest';
import { Payments } from '../src/db/tables.js';
import { paymentConfig, startPaymentService } from '../src/service.js';

let surroundings: Surroundings;
let service: Awaited<ReturnType<typeof startPaymentService>>;

beforeAll(async () => {
  surroundings = await freshSurroundings();
  service = await startPaymentService(paymentConfig(surroundings.env));
});
afterAll(async () => {
  await service.stop();
  await surroundings.drop();
});

const api = () => request(service.url);

test('shows the payment of an order, amounts as numbers', async () => {
  const orderId = newId();
  const refund = { refundId: 're_1', refundedAmount: 5_000_000_000 };
  const shown = { orderId, amount: 5_000_000_000, currency: 'EUR', chargeId: 'ch_1', declineReason: null, ...refund };
  const hidden = { refundedChargeId: 'ch_1', surplusCharges: [], closed: true };
  await service.dataSource.getRepository(entityOf(Payments)).insert({ ...shown, ...hidden });
  expect((await api().get(`/payments/${orderId}`).expect(200)).body).toEqual({ ...shown, status: 'REFUNDED' });
});

test.each([`/payments/${newId()}`, '/payments/not-an-id', '/payments', '/nowhere'])('answers 404 for %s', async (path) => {
  const { status, headers, body } = await api().get(path);
  expect({ status, type: headers['content-type'], code: body.code }).toEqual({
    status: 404,
    type: 'application/problem+json',
    code: 'not_found',
  });
});

test('moves no money over HTTP', async () => {
  const { status, headers } = await api().post(`/payments/${newId()}`).send({});
  expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD, OPTIONS' });
});

test('is ready, measured and documented', async () => {
  await api().get('/health/live').expect(200);
  expect((await api().get('/health/ready').expect(200)).body.status).toBe('ready');
  expect((await api().get('/metrics').expect(200)).text).toContain('quickstep_');
  expect((await api().get('/openapi.json').expect(200)).body.paths).toHaveProperty('/payments/{orderId}');
});

test('with a gateway of your own its database has no tables of the simulated one', async () => {
  const { env, drop } = await freshSurroundings();
  const refuse = async (): Promise<never> => {
    throw new Error('It is not asked');
  };
  const shop = await startPaymentService(paymentConfig(env), {
    connect: () => ({ charge: refuse, refund: refuse, reverse: refuse }),
  });
  const tables: { name: string }[] = await shop.dataSource.query(
    "select table_name as name from information_schema.tables where table_name in ('payments', 'provider_answers', 'provider_attempts')",
  );
  await shop.stop();
  await drop();
  expect(tables).toEqual([{ name: 'payments' }]);
});
