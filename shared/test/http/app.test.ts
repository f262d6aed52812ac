import { connect } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import { listen, type ReadinessCheck } from '@quickstep/shared/http';
import supertest from 'supertest';
import { tinyApp } from './tiny-app.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const { app, metrics } = tinyApp();
const client = supertest(app);

describe('commands', () => {
  test('answer with what the step replied, and where it can be read', async () => {
    const response = await client.post('/accounts').send({ name: 'Ada' });
    expect(response.status).toBe(202);
    expect(response.body.account).toMatch(UUID_V7);
    expect(response.headers.location).toBe(`/accounts/${response.body.account}`);
  });

  test('need no body when all fields are optional', async () => {
    const response = await client.post('/books/a/loans');
    expect([response.status, response.body]).toEqual([202, { lent: 'a' }]);
  });

  test('answer 201 when they made something', async () => {
    const response = await client.put('/books/a').send({ title: 'Emma' });
    expect([response.status, response.body]).toEqual([201, { isbn: 'a', title: 'Emma' }]);
  });

  test('meet the same thing again under the same idempotency key', async () => {
    const open = (key: string) => client.post('/accounts').set('idempotency-key', key).send({ name: 'Ada' });
    const [first, again, other] = [await open('k1'), await open('k1'), await open('k2')];
    expect(again.body.account).toBe(first.body.account);
    expect(other.body.account).not.toBe(first.body.account);
    expect(first.body.key).toBe('k1');
    expect(again.body.work).toBe(first.body.work);
  });
});

describe('reading routes', () => {
  test('find by path', async () => expect((await client.get('/books/b')).body).toEqual({ isbn: 'b', title: 'B' }));
  test('a literal path comes before one with a parameter', async () =>
    expect((await client.get('/books/summary')).body).toEqual({ books: 3 }));
  test('give pages', async () => {
    const { body } = await client.get('/books?limit=2');
    expect(body.items).toHaveLength(2);
    expect(Buffer.from(body.nextCursor, 'base64url').toString()).toBe('b');
    expect((await client.get('/books')).body.nextCursor).toBeUndefined();
  });
  test('answer HEAD and OPTIONS', async () => {
    expect((await client.head('/books')).status).toBe(200);
    const options = await client.options('/books');
    expect([options.status, options.headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS']);
  });
});

describe('every answer', () => {
  test("carries the client's request id if it is a sane token, and a new one if not", async () => {
    expect((await client.get('/books').set('x-request-id', 'abc-1.2:3')).headers['x-request-id']).toBe('abc-1.2:3');
    for (const odd of ['two words', 'x'.repeat(101), '<script>']) {
      expect((await client.get('/books').set('x-request-id', odd)).headers['x-request-id']).toMatch(UUID_V7);
    }
  });

  test("the client's request id correlates: the id of the work is made here, anew for each request without a key", async () => {
    const open = () => client.post('/accounts').set('x-request-id', 'req-9').send({ name: 'Ada' });
    const [first, second] = [await open(), await open()];
    expect([first.headers['x-request-id'], second.headers['x-request-id']]).toEqual(['req-9', 'req-9']);
    expect(first.body.work).toMatch(UUID_V7);
    expect(second.body.work).not.toBe(first.body.work);
  });

  test('is not to be sniffed, framed or kept, and says nothing about the framework', async () => {
    const { headers } = await client.get('/books');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('etag');
  });

  test('without a body is like the others, and measured', async () => {
    const tiny = tinyApp();
    const { headers } = await supertest(tiny.app).options('/books').expect(204);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers).not.toHaveProperty('content-type');
    expect(await tiny.metrics.text()).toMatch(/quickstep_http_request_seconds_count\{.*method="OPTIONS".*status="204".*\} 1/);
  });

  test('is measured by route, not by path', async () => {
    await client.get('/books/c');
    const text = await metrics.text();
    expect(text).toMatch(/quickstep_http_request_seconds_count\{.*route="\/books\/\{isbn\}".*\} \d/);
    expect(text).not.toContain('/books/c');
  });
});

describe('health', () => {
  test('the process is live', async () => expect((await client.get('/health/live')).body).toEqual({ status: 'live' }));

  test('the service is ready when nothing is wrong', async () => {
    const ready = supertest(tinyApp([{ name: 'database', of: 'commands', check: async () => undefined }]).app);
    expect((await ready.get('/health/ready')).body).toEqual({ status: 'ready', checks: ['database'], failing: [] });
  });

  test('it is not when a check fails, which is named', async () => {
    const checks: ReadinessCheck[] = [
      { name: 'database', of: 'commands', check: () => Promise.reject(new Error('password authentication failed')) },
      { name: 'consumer', of: 'consuming', check: () => 'not subscribed' },
      { name: 'publisher', of: 'publishing', check: () => undefined },
    ];
    const response = await supertest(tinyApp(checks).app).get('/health/ready');
    expect(response.status).toBe(503);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.body).toMatchObject({
      code: 'unavailable',
      detail: 'Not ready: database: does not answer',
      errors: [{ pointer: '/checks/database', detail: 'does not answer' }],
    });
  });

  test('what it need not do to be ready is told, and is asked for by its name', async () => {
    const ready = supertest(tinyApp([{ name: 'consumer', of: 'consuming', check: () => 'not subscribed' }]).app);
    const failing = [{ name: 'consumer', of: 'consuming', detail: 'not subscribed' }];
    expect((await ready.get('/health/ready').expect(200)).body).toMatchObject({ status: 'ready', failing });
    expect((await ready.get('/health/ready?of=consuming').expect(503)).body.detail).toBe('Not ready: consumer: not subscribed');
    await ready.get('/health/ready?of=publishing').expect(200);
    await ready.get('/health/ready?of=everything').expect(422);
  });
});

test('metrics are in the Prometheus text format', async () => {
  const response = await client.get('/metrics');
  expect(response.headers['content-type']).toContain('text/plain; version=0.0.4');
  expect(response.text).toContain('# TYPE quickstep_messages_total counter');
});

test('a client that breaks off its upload is to blame, not the service', async () => {
  const tiny = tinyApp();
  const counted = new Promise<number>((resolve) => {
    jest.spyOn(tiny.metrics, 'request').mockImplementation((_method, _route, status) => resolve(status));
  });
  const server = await listen(tiny.app, { host: '127.0.0.1', port: 0 });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const head = ['POST /accounts HTTP/1.1', 'host: localhost', 'content-type: application/json', 'content-length: 100'];
  socket.write(`${head.join('\r\n')}\r\n\r\n{"name":`, () => socket.destroy());
  expect(await counted).toBe(400);
  await server.close();
});
