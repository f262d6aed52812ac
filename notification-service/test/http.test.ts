import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { entityOf } from '@quickstep/shared/db';
import { newId } from '@quickstep/shared/service';
import { freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import request from 'supertest';
import { Notifications } from '../src/db/tables.js';
import { notificationConfig, startNotificationService } from '../src/service.js';

let surroundings: Surroundings;
let service: Awaited<ReturnType<typeof startNotificationService>>;

const orderId = newId();
const told = Array.from({ length: 5 }, (_, index) => ({
  notificationId: newId(),
  orderId: index < 3 ? orderId : newId(),
  template: 'order-completed' as const,
  channel: 'email' as const,
  recipient: 'ada@example.com',
  subject: 'Your order is on its way',
  body: `Message ${index}`,
  status: 'SENT' as const,
  failureReason: null,
  createdAt: new Date('2026-11-21T10:00:00Z'),
}));

beforeAll(async () => {
  surroundings = await freshSurroundings();
  service = await startNotificationService(notificationConfig(surroundings.env));
  await service.dataSource.getRepository(entityOf(Notifications)).insert(told);
});
afterAll(async () => {
  await service.stop();
  await surroundings.drop();
});

const api = () => request(service.url);
const bodies = (page: { items: { body: string }[] }) => page.items.map(({ body }) => body);

describe('GET /notifications', () => {
  test('lists what customers were told about an order, newest first', async () => {
    const { body: page } = await api().get('/notifications').query({ orderId }).expect(200);
    expect(bodies(page)).toEqual(['Message 2', 'Message 1', 'Message 0']);
    const { notificationId, ...newest } = told[2] ?? { notificationId: '' };
    expect(page.items[0]).toEqual({ id: notificationId, ...newest, createdAt: '2026-11-21T10:00:00.000Z' });
    expect(page.nextCursor).toBeUndefined();
  });

  test('lists everything, page by page', async () => {
    const { body: first } = await api().get('/notifications').query({ limit: 3 }).expect(200);
    const { body: second } = await api().get('/notifications').query({ limit: 3, cursor: first.nextCursor }).expect(200);
    expect([...bodies(first), ...bodies(second)]).toEqual(told.map(({ body }) => body).toReversed());
    expect(second.nextCursor).toBeUndefined();
  });

  test('has nothing to tell of an order that it does not know', async () => {
    expect((await api().get('/notifications').query({ orderId: newId() }).expect(200)).body).toEqual({ items: [] });
  });

  test.each<[string, object, string]>([
    ['an order id that is none', { orderId: 'x' }, '/orderId'],
    ['a negative limit', { limit: -1 }, '/limit'],
    ['a cursor of its own making', { cursor: '%%%' }, '/cursor'],
    ['an unknown parameter', { customer: 'x' }, '/customer'],
    ['a parameter twice', { limit: ['1', '2'] }, '/limit'],
  ])('refuses %s', async (_, query, pointer) => {
    const { status, body: problem } = await api().get('/notifications').query(query);
    expect({ status, code: problem.code }).toEqual({ status: 422, code: 'invalid_request' });
    expect(problem.errors).toContainEqual(expect.objectContaining({ pointer }));
  });
});

test('answers what it does not have with a problem', async () => {
  expect((await api().get('/notifications/1').expect(404)).body.code).toBe('not_found');
  expect((await api().post('/notifications').send({}).expect(405)).body.code).toBe('method_not_allowed');
});

test('is ready, measured and documented', async () => {
  await api().get('/health/live').expect(200);
  expect((await api().get('/health/ready').expect(200)).body.status).toBe('ready');
  expect((await api().get('/metrics').expect(200)).text).toContain('quickstep_');
  expect((await api().get('/openapi.json').expect(200)).body.paths).toHaveProperty('/notifications');
});
