import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { entityOf } from '@quickstep/shared/db';
import { newId } from '@quickstep/shared/service';
import { freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import request from 'supertest';
import { Shipments } from '../src/db/tables.js';
import { shippingConfig, startShippingService } from '../src/service.js';

let surroundings: Surroundings;
let service: Awaited<ReturnType<typeof startShippingService>>;

beforeAll(async () => {
  surroundings = await freshSurroundings();
  service = await startShippingService(shippingConfig(surroundings.env));
});
afterAll(async () => {
  await service.stop();
  await surroundings.drop();
});

const api = () => request(service.url);

test('shows the shipment of an order', async () => {
  const orderId = newId();
  const shipment = { orderId, trackingNumber: 'TRACK-1', refusalReason: null };
  const hidden = { closed: false, recalled: false, surplusParcels: [] };
  await service.dataSource.getRepository(entityOf(Shipments)).insert({ ...shipment, ...hidden });
  expect((await api().get(`/shipments/${orderId}`).expect(200)).body).toEqual({ ...shipment, status: 'SHIPPED' });
});

test.each([`/shipments/${newId()}`, '/shipments/not-an-id', '/shipments', '/nowhere'])('answers 404 for %s', async (path) => {
  const { status, headers, body } = await api().get(path);
  expect({ status, type: headers['content-type'], code: body.code }).toEqual({
    status: 404,
    type: 'application/problem+json',
    code: 'not_found',
  });
});

test('ships nothing over HTTP', async () => {
  const { status, headers } = await api().post(`/shipments/${newId()}`).send({});
  expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD, OPTIONS' });
});

test('is ready, measured and documented', async () => {
  await api().get('/health/live').expect(200);
  expect((await api().get('/health/ready').expect(200)).body.status).toBe('ready');
  expect((await api().get('/metrics').expect(200)).text).toContain('quickstep_');
  expect((await api().get('/openapi.json').expect(200)).body.paths).toHaveProperty('/shipments/{orderId}');
});
