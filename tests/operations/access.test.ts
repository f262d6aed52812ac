import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operationsClient } from '../../tools/src/ops/client.js';
import { consoleCommand } from '../../tools/src/ops/console.js';
import { Operations, secretFile } from '../support/operations.js';
import { runOps } from '../support/ops-command.js';
import { openShop, type Shop } from '../support/shop.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
});
afterAll(async () => {
  await operations.close();
  await shop.close();
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
