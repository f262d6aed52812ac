import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { listen } from '@quickstep/shared/http';
import supertest from 'supertest';
import { tinyApp } from './tiny-app.js';

const client = supertest(tinyApp().app);

describe('the host that was asked for', () => {
  test.each([
    'localhost',
    'localhost:3001',
    'LOCALHOST:3001',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.1.2.3:3001',
    '[::1]',
    '[::1]:3001',
  ])('%s is this machine', async (host) => expect((await client.get('/books').set('host', host)).status).toBe(200));

  test.each([
    'evil.example',
    'evil.example:3001',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example#localhost',
    'localhost@evil.example',
    '127.0.0.1:3001:3001',
    '[::2]:3001',
    '10.0.0.7:3001',
    '0.0.0.0:3001',
    '',
  ])('"%s" is not: nothing is answered, read or done', async (host) => {
    for (const asked of [client.get('/books'), client.post('/accounts').send({ name: 'Ada' }), client.get('/nowhere')]) {
      const response = await asked.set('host', host);
      expect(response.status).toBe(421);
      expect(response.headers['content-type']).toBe('application/problem+json');
      expect(response.body).toMatchObject({ code: 'misdirected_request', detail: expect.stringContaining('ALLOWED_HOSTS') });
    }
  });

  test('a name is this service when its configuration says so', async () => {
    const named = supertest(tinyApp([], { hosts: ['127.0.0.1', 'Library.example', '10.0.0.7', '::2'] }).app);
    for (const host of ['library.example:80', 'LIBRARY.example', '10.0.0.7:3001', '[::2]:3001'])
      expect((await named.get('/books').set('host', host)).status).toBe(200);
    for (const host of ['other.example', '10.0.0.8']) expect((await named.get('/books').set('host', host)).status).toBe(421);
  });

  test('a service that listens on every address takes each, as an attacker needs a name; but no name', async () => {
    for (const everywhere of ['0.0.0.0', '::']) {
      const open = supertest(tinyApp([], { hosts: [everywhere] }).app);
      for (const host of ['10.0.0.7:3001', '[2001:db8::1]:3001', 'localhost'])
        expect((await open.get('/books').set('host', host)).status).toBe(200);
      for (const host of ['evil.example', '10.0.0.7.evil.example', '[evil]'])
        expect((await open.get('/books').set('host', host)).status).toBe(421);
    }
  });

  test('must be named in HTTP/1.1, which every browser speaks; a probe in HTTP/1.0 need not', async () => {
    const server = await listen(tinyApp().app, { host: '127.0.0.1', port: 0 });
    const ask = (text: string) =>
      new Promise<string>((resolve) => {
        let answer = '';
        const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.end(text));
        socket.setEncoding('utf8').on('data', (chunk) => {
          answer += chunk;
        });
        socket.on('close', () => resolve(answer));
      });
    const refused = await ask('GET /health/live HTTP/1.1\r\nconnection: close\r\n\r\n');
    expect(refused).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json.*"code":"malformed_request"/s);
    expect(await ask('GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
    await server.close();
  });
});

describe('a write that a page of another site sends', () => {
  const lend = (headers: Record<string, string>) => client.post('/books/a/loans').set('host', 'localhost:3001').set(headers);

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://localhost:3000' }],
    [{ origin: 'http://localhost:3001.evil.example' }],
    [{ origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' }],
  ])('%j is refused', async (headers) => {
    const response = await lend(headers);
    expect([response.status, response.body.code]).toEqual([403, 'cross_site_request']);
    expect(response.headers['content-type']).toBe('application/problem+json');
  });

  test.each([
    [{}],
    [{ origin: 'http://localhost:3001' }],
    [{ origin: 'https://localhost:3001' }],
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
  ])('%j is none', async (headers) => expect((await lend(headers)).status).toBe(202));

  test('what only reads is left to the browser, which shows its answer to no other site', async () => {
    const response = await client.get('/books').set({ origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' });
    expect(response.status).toBe(200);
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('a page of an origin that is allowed', () => {
  const open = supertest(tinyApp([], { origins: ['https://shop.example'] }).app);
  const allowed = 'access-control-allow-origin';

  test('may read the answers, with the headers that they carry', async () => {
    const { headers } = await open.get('/books').set({ origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' });
    expect(headers).toMatchObject({ [allowed]: 'https://shop.example', vary: 'Origin' });
    expect(headers['access-control-expose-headers']).toContain('location');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test('may write, and read why it was refused', async () => {
    const from = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' };
    expect((await open.post('/books/a/loans').set(from)).status).toBe(202);
    const refused = await open.post('/books/lent/loans').set(from);
    expect([refused.status, refused.headers[allowed]]).toEqual([409, 'https://shop.example']);
  });

  test('is told so before it writes (preflight)', async () => {
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,idempotency-key' };
    const { status, headers } = await open.options('/accounts').set({ origin: 'https://shop.example', ...asked });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      [allowed]: 'https://shop.example',
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': 'content-type,idempotency-key',
      'x-content-type-options': 'nosniff',
    });
  });

  test.each(['https://evil.example', 'http://shop.example', 'https://shop.example:8443', 'https://shop.example.evil', 'null'])(
    'is not %s: neither read nor written, before and when it writes',
    async (origin) => {
      const asked = { 'access-control-request-method': 'POST' };
      for (const request of [open.get('/books'), open.options('/accounts').set(asked)])
        expect((await request.set({ origin })).headers).not.toHaveProperty(allowed);
      expect((await open.post('/books/a/loans').set({ origin })).status).toBe(403);
    },
  );

  test('is not what a write without an origin is, which the browser says comes from another site', async () => {
    expect((await open.post('/books/a/loans').set({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
  });

  test('asks for the service by its name like everybody', async () => {
    const from = { origin: 'https://shop.example', host: 'evil.example' };
    expect((await open.get('/books').set(from)).status).toBe(421);
  });
});
