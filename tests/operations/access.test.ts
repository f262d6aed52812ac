import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operationsClient } from '../../tools/src/ops/client.js';
import { consoleCommand } from '../../tools/src/ops/console.js';
import { Operations, secretFile } from '../support/operations.js';
import { runOps } from '../support/ops-command.js';

const secret = secretFile();
let operations: Operations;
beforeAll(async () => {
  operations = await Operations.alone(secret.env);
});
afterAll(async () => {
  await operations.close();
  secret.remove();
});

test('whoever has a token of the installation is let in, in the role of the token', async () => {
  expect(await operations.call('GET', '/me')).toEqual({ status: 200, body: { role: 'operator', name: 'tests' } });
  expect(await operations.call('GET', '/me', undefined, 'reader')).toMatchObject({ status: 200, body: { role: 'reader' } });
});

test('whoever has none is not', async () => {
  const answer = await operations.call('GET', '/me', undefined, 'nobody');
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
});

describe('npm run ops -- console', () => {
  beforeAll(() => void Object.assign(process.env, { ...secret.env, SERVICE_URLS: `operations-service=${operations.url}/` }));
  afterAll(() => {
    for (const name of ['INSTALLATION_SECRET_FILE', 'SERVICE_URLS']) delete process.env[name];
  });

  test.each([
    ['operator', []],
    ['reader', ['--role', 'reader']],
  ])('prints a link that signs a browser in as %s, and leaves no token in the address', async (role, args) => {
    const { printed } = await runOps(operations, consoleCommand, ...args);
    expect(printed).toHaveLength(1);
    const arrival = await fetch(printed[0] ?? '', { redirect: 'manual' });
    expect([arrival.status, arrival.headers.get('location')]).toEqual([303, '/']);
    const [cookie = ''] = arrival.headers.getSetCookie();
    const me = await fetch(`${operations.url}/me`, { headers: { cookie: cookie.split(';')[0] ?? '' } });
    expect(await me.json()).toMatchObject({ role });
  });

  test('knows no other role', async () => {
    await expect(runOps(operations, consoleCommand, '--role', 'king')).rejects.toThrow('--role must be one of operator, reader');
  });

  test('says when the secret is that of another installation', async () => {
    const other = join(tmpdir(), `quickstep-secret-${randomUUID()}`);
    writeFileSync(other, randomUUID(), { mode: 0o600 });
    process.env.INSTALLATION_SECRET_FILE = other;
    const client = () => operationsClient(new AbortController().signal);
    const run = consoleCommand.run([], { client, signal: new AbortController().signal, print: () => undefined });
    await expect(run).rejects.toThrow(' answered 401');
    rmSync(other);
  });
});

test('the generated OpenAPI document is what the running service answers', async () => {
  const file = join(__dirname, '..', '..', 'docs', 'generated', 'openapi', 'operations-service.json');
  expect((await operations.call('GET', '/openapi.json')).body).toEqual(JSON.parse(readFileSync(file, 'utf8')));
});

describe('a request about events', () => {
  test.each([
    ['/events?limit=0', '/limit'],
    ['/events?cursor=x', '/cursor'],
    [`/events?cursor=${Buffer.from('-1').toString('base64url')}`, '/cursor'],
    ['/events?from=yesterday', '/from'],
    ['/events?from=2026-02-30T00:00:00Z', '/from'],
    ['/events?to=2026-13-01', '/to'],
    ['/events?from=2026-02-02&to=2026-02-01', '/to'],
    ['/events?subject=a%00b', '/subject'],
    ['/events?subject=a&order=b', '/order'],
    ['/events?reveal=true&cursor=MTIz%00', '/cursor'],
    ['/events?colour=red', '/colour'],
    ['/events/stream?limit=3', '/limit'],
  ])('refuses %s with a problem', async (path, pointer) => {
    const { status, body } = await operations.call('GET', path);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'invalid_request', errors: [expect.objectContaining({ pointer })] });
  });

  test.each(['/events/nonsense', '/events/0193a4b0-0000-7000-8000-000000000000', '/orders/a%00/events'])(
    'answers 404 for %s',
    async (path) => {
      expect(await operations.call('GET', path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    },
  );

  test.each(['/events', '/events/stream', '/events/arrivals', '/orders/x/events'])('%s is closed to strangers', async (path) => {
    expect(await operations.call('GET', path, undefined, 'nobody')).toMatchObject({ status: 401 });
  });
});

describe('a request about sagas, customers, orders and sales', () => {
  /** As lists gave them out that were by order id. */
  const placeCursor = Buffer.from('123 0193a4b0-0000-7000-8000-000000000000').toString('base64url');
  const cursorById = Buffer.from('0193a4b0-0000-7000-8000-000000000000').toString('base64url');

  test.each([
    ['/sagas?state=LOST', '/state'],
    ['/sagas?stuck=maybe', '/stuck'],
    ['/sagas?olderThan=-1', '/olderThan'],
    ['/sagas?waitingFor=', '/waitingFor'],
    ['/sagas?customerId=a%00', ''],
    [`/sagas?cursor=${Buffer.from('\0').toString('base64url')}`, '/cursor'],
    ['/sales?from=soon', '/from'],
    [`/sales?cursor=${Buffer.from('x').toString('base64url')}`, '/cursor'],
    ['/customers/x?limit=0', '/limit'],
    [`/customers/x?cursor=${cursorById}`, '/cursor'],
    [`/orders?cursor=${cursorById}`, '/cursor'],
    [`/orders?reveal=true&cursor=${placeCursor}%00`, '/cursor'],
    [`/sagas?cursor=${cursorById}`, '/cursor'],
  ])('refuses %s with a problem', async (path, pointer) => {
    const { status, body } = await operations.call('GET', path);
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'invalid_request',
      errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
  });

  test.each(['/sagas/nonsense', '/sagas/a%00', '/customers/nobody', '/customers/a%00'])('answers 404 for %s', async (path) => {
    expect(await operations.call('GET', path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

describe('a request about what was analysed', () => {
  test.each([
    ['/analytics/windows?name=nothing', 404, 'not_found'],
    ['/analytics/windows', 422, 'invalid_request'],
    ['/analytics/windows?name=sales&from=yesterday', 422, 'invalid_request'],
    ['/analytics/windows?name=sales&from=2026-02-30', 422, 'invalid_request'],
    ['/analytics/windows?name=sales&key=%00', 422, 'invalid_request'],
    ['/analytics/windows?name=sales&cursor=none', 422, 'invalid_request'],
    ['/analytics/alerts?cursor=bm9uZQ', 422, 'invalid_request'],
    ['/analytics/alerts?colour=red', 422, 'invalid_request'],
  ])('%s is answered %i %s', async (path, status, code) => {
    expect(await operations.call('GET', path)).toMatchObject({ status, body: { code } });
  });

  test('is closed to whoever has no token', async () => {
    for (const path of ['/analytics/windows?name=sales', '/analytics/alerts'])
      expect(await operations.call('GET', path, undefined, 'nobody')).toMatchObject({ status: 401 });
  });
});

describe('a request about dead letters', () => {
  const cursorOf = (key: string) => Buffer.from(key).toString('base64url');
  const id = '0193a4b0-0000-7000-8000-000000000000';
  test.each([
    [`cursor=${cursorOf(`2026-99-99T99:99:99.999Z ${id}`)}`, '/cursor'],
    [`cursor=${cursorOf(`999999999999999 ${id}`)}`, '/cursor'],
    ['parkedBefore=0000-01-01T00:00:00Z', '/parkedBefore'],
    ['parkedAfter=2026-02-30T00:00:00Z', '/parkedAfter'],
    ['parkedAfter=9999-12-31T23:59:59-23:00', '/parkedAfter'],
  ])('with a time or a place that cannot be is refused: %s', async (query, pointer) => {
    const refused = { status: 422, body: { errors: [expect.objectContaining({ pointer })] } };
    expect(await operations.call('GET', `/dead-letters?${query}`)).toMatchObject(refused);
  });

  test('that asks for a plan, too; an offset that no country has is no reason', async () => {
    const plan = { parkedBefore: '0000-01-01T00:00:00Z' };
    expect(await operations.call('POST', '/dead-letters/plans', plan)).toMatchObject({ status: 422 });
    const answer = await operations.call('GET', '/dead-letters/groups?parkedAfter=2026-01-01T00:00:00%2B23:59');
    expect(answer).toMatchObject({ status: 200 });
  });
});
