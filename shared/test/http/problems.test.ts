import { describe, expect, test } from '@jest/globals';
import supertest, { type Response } from 'supertest';
import { tinyApp } from './tiny-app.js';

const { app, logged } = tinyApp();
const client = supertest(app);

function expectProblem(response: Response, status: number, code: string): void {
  expect(response.status).toBe(status);
  expect(response.headers['content-type']).toBe('application/problem+json');
  expect(response.headers['x-request-id']).toBeTruthy();
  expect(response.body).toMatchObject({
    type: `urn:quickstep:problem:${code}`,
    title: expect.any(String),
    status,
    code,
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
  });
}

describe('what is wrong with a body', () => {
  const post = (type: string, body: string) => client.post('/accounts').set('content-type', type).send(body);

  test('not JSON', async () => expectProblem(await post('application/json', '{"name":'), 400, 'malformed_json'));
  test('JSON, but no object or array', async () => expectProblem(await post('application/json', '"x"'), 400, 'malformed_json'));
  test('an array', async () => {
    const response = await post('application/json', '[]');
    expectProblem(response, 422, 'invalid_request');
    expect(response.body.errors).toEqual([{ pointer: '', detail: 'must be object' }]);
  });
  test('another content type', async () =>
    expectProblem(await post('text/plain', '{"name":"x"}'), 415, 'unsupported_media_type'));
  test('a look-alike content type', async () =>
    expectProblem(await post('application/jsonp', '{}'), 415, 'unsupported_media_type'));
  test('another charset', async () =>
    expectProblem(await post('application/json; charset=ebcdic', '{}'), 415, 'unsupported_media_type'));
  test('compressed', async () =>
    expectProblem(await post('application/json', '{}').set('content-encoding', 'gzip'), 415, 'unsupported_media_type'));
  test('too large', async () =>
    expectProblem(await post('application/json', JSON.stringify({ name: 'x'.repeat(65_536) })), 413, 'body_too_large'));
  test('missing: every required field is named', async () => {
    const response = await client.post('/accounts');
    expectProblem(response, 422, 'invalid_request');
    expect(response.body.errors).toEqual([{ pointer: '/name', detail: 'is missing' }]);
  });
  test('every wrong field is named at once', async () => {
    const response = await client.put('/books/a').send({ title: '', pages: 1.5, isbn: 'b' });
    expectProblem(response, 422, 'invalid_request');
    expect(response.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['/isbn', '/pages', '/title']);
  });
});

test('the title names the kind of problem in the usual words', async () => {
  expect((await client.get('/nowhere')).body.title).toBe('Not found');
  expect((await client.post('/accounts').set('content-type', 'text/plain').send('x')).body.title).toBe('Unsupported media type');
});

describe('the answer stays small', () => {
  test('of many errors some are named, and how many more there are is said', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`field-${index}`, 1]));
    const response = await client.post('/accounts').send({ name: 'Ada', ...unknown });
    expectProblem(response, 422, 'invalid_request');
    expect(response.body.errors).toHaveLength(21);
    expect(response.body.errors.at(-1)).toEqual({ pointer: '', detail: '2980 more errors are not listed' });
  });
  test('a name that was sent is not sent back whole', async () => {
    const response = await client.post('/accounts').send({ name: 'Ada', ['x'.repeat(60_000)]: 1 });
    expectProblem(response, 422, 'invalid_request');
    expect(response.text.length).toBeLessThan(1_000);
    expect(response.body.errors).toEqual([{ pointer: expect.stringMatching(/^\/x+…$/), detail: 'is not a known field' }]);
  });
});

describe('what is wrong with the rest of a request', () => {
  test('no such route', async () => expectProblem(await client.get('/nowhere'), 404, 'not_found'));
  test('no such thing', async () => expectProblem(await client.get('/books/zzz'), 404, 'not_found'));
  test('a thing that cannot be', async () => expectProblem(await client.get('/books/A-B'), 404, 'not_found'));
  test('a path that cannot be decoded', async () => expectProblem(await client.get('/books/%E0%A4%A'), 400, 'malformed_request'));
  test('a method that is not allowed', async () => {
    const response = await client.delete('/books/a');
    expectProblem(response, 405, 'method_not_allowed');
    expect(response.headers.allow).toBe('GET, HEAD, OPTIONS, PUT');
  });
  test('wrong query parameters, each named', async () => {
    const response = await client.get('/books?limit=many&titel=A');
    expectProblem(response, 422, 'invalid_request');
    expect(response.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['/limit', '/titel']);
  });
  test('a command on a thing that cannot be', async () => expectProblem(await client.post('/books/A-B/loans'), 404, 'not_found'));
  test('a thing to make whose name cannot be', async () => {
    const response = await client.put('/books/A-B').send({ title: 'x' });
    expectProblem(response, 422, 'invalid_request');
    expect(response.body.errors).toMatchObject([{ pointer: '/isbn' }]);
  });
  test('an idempotency key that is none', async () =>
    expectProblem(await client.post('/accounts').set('idempotency-key', 'a b').send({ name: 'x' }), 422, 'invalid_request'));
});

test('a route that reads while the database is away: try again, and nothing about why', async () => {
  const response = await client.get('/loans');
  expectProblem(response, 503, 'unavailable');
  expect(response.headers['retry-after']).toBe('1');
  expect(response.text).not.toContain('127.0.0.1');
  expect(logged).toEqual([]);
});

describe('what a command answers', () => {
  const lend = (isbn: string) => client.post(`/books/${isbn}/loans`);

  test('a refusal, with the code of its step', async () => {
    expectProblem(await lend('lent'), 409, 'book_lent');
    expectProblem(await lend('none'), 404, 'book_not_found');
  });
  test('unavailable: try again, and nothing about why', async () => {
    const response = await lend('away');
    expectProblem(response, 503, 'unavailable');
    expect(response.headers['retry-after']).toBe('1');
    expect(response.text).not.toContain('secret');
  });
  test('unknown, for a thing in the path: says so, and where to look; no invitation to repeat it blindly', async () => {
    const response = await lend('unknown');
    expectProblem(response, 503, 'outcome_unknown');
    expect(response.body.checkAt).toBe('/books/unknown');
    expect(response.body.detail).toContain('GET /books/unknown');
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(response.text).not.toContain('secret');
  });
  test('unknown, for a new thing without a key: where it would be', async () => {
    const response = await client.post('/accounts').send({ name: 'unknown' });
    expectProblem(response, 503, 'outcome_unknown');
    expect(response.body.checkAt).toMatch(/^\/accounts\/[0-9a-f-]{36}$/);
    expect(response.body.detail).toContain(`GET ${response.body.checkAt}`);
  });
  test('unknown, with a key: repeat it', async () => {
    const response = await client.post('/accounts').set('idempotency-key', 'k1').send({ name: 'unknown' });
    expectProblem(response, 503, 'outcome_unknown');
    expect(response.body.detail).toContain('same Idempotency-Key');
    expect(response.headers['retry-after']).toBe('1');
  });
  test('a bug: logged once with the request id, and nothing of it told', async () => {
    const response = await lend('bug').set('x-request-id', 'req-7');
    expectProblem(response, 500, 'internal_error');
    expect(response.text).not.toContain('secret');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('"requestId":"req-7"');
    expect(logged[0]).toContain('secret internals');
  });
});
