import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '@quickstep/shared/config';
import type { CloudEvent } from '@quickstep/shared/events';
import { feedToken } from '@quickstep/shared/http';
import { StartError } from '@quickstep/shared/service';
import { freshDatabase, freshVhost } from '@quickstep/shared/testing';
import { listeningLogger, startEcho } from './echo-service.js';

const defaults = { service: 'echo-service', port: 0 };
const SECRET = 'the secret of this installation';
type Echo = Awaited<ReturnType<typeof startEcho>>;

let directory: string;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let vhost: Awaited<ReturnType<typeof freshVhost>>;
let env: NodeJS.ProcessEnv;
let service: Echo;

const start = (more: NodeJS.ProcessEnv = {}) =>
  startEcho(readConfig(defaults, { ...env, ...more }), listeningLogger().logger, async (text) => text.toUpperCase());

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quickstep-log-'));
  const file = join(directory, 'secret');
  await writeFile(file, `${SECRET}\n`, { mode: 0o600 });
  [database, vhost] = await Promise.all([freshDatabase(), freshVhost()]);
  env = { RABBITMQ_URL: vhost.url, POSTGRES_URL: database.url, INSTALLATION_SECRET_FILE: file };
  service = await start();
});
afterAll(async () => {
  await service.stop();
  await Promise.all([database.drop(), vhost.drop(), rm(directory, { recursive: true })]);
});

const authorization = `Bearer ${feedToken(SECRET)}`;
const ask = (query: string, headers: Record<string, string> = { authorization }, { url }: Echo = service) =>
  fetch(`${url}/log${query}`, { headers });

interface Line {
  readonly cursor: string;
  readonly event: CloudEvent;
}
async function read(query = '', from = service): Promise<Line[]> {
  const response = await ask(query, undefined, from);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  const lines = (await response.text()).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line));
}

let questions = 0;

async function question(at: Echo = service): Promise<void> {
  questions++;
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${at.url}/questions`, { method: 'POST', headers, body: JSON.stringify({ text: randomUUID() }) });
  expect(response.status).toBe(202);
}

/** The end of the log, once every question has been answered. */
async function end(): Promise<string> {
  let cursor = '';
  let answered = 0;
  while (answered < questions) {
    const lines = await read(cursor === '' ? '?wait=5' : `?after=${cursor}&wait=5`);
    answered += lines.filter(({ event }) => event.type === 'echo.answered').length;
    cursor = lines.at(-1)?.cursor ?? cursor;
  }
  return cursor;
}

describe('the feed of a log', () => {
  test('has everything that the service emits, and goes on where a reader was', async () => {
    await question();
    const after = await end();
    await question();
    const first = await read(`?after=${after}&limit=1&wait=30`);
    expect(first.map(({ event }) => event.type)).toEqual(['echo.asked']);
    const second = await read(`?after=${first[0]?.cursor}&limit=1&wait=30`);
    expect(second).toMatchObject([{ event: { type: 'echo.answered', causationid: first[0]?.event.id } }]);
  });

  test('answers a reader who waits when another replica emits, and one who does not wait at once', async () => {
    const replica = await start();
    const after = await end();
    expect(await read(`?after=${after}`)).toEqual([]);
    const waiting = read(`?after=${after}&wait=30`);
    await question(replica);
    expect((await waiting)[0]?.event.type).toBe('echo.asked');
    await replica.stop();
  });

  test('lets its readers go when the service stops', async () => {
    const replica = await start();
    const after = await end();
    const waiting = read(`?after=${after}&wait=30`, replica);
    // The first look is over once another question of the same connection pool has been answered.
    await read(`?after=${after}`, replica);
    await replica.stop();
    expect(await waiting).toEqual([]);
  });

  test.each([
    ['?after=abc', '/after'],
    [`?after=${Buffer.from('99999999999999999999.1').toString('base64url')}`, '/after'],
    [`?after=${Buffer.from('1.1;drop').toString('base64url')}`, '/after'],
    ['?limit=0', '/limit'],
    ['?limit=1001', '/limit'],
    ['?limit=many', '/limit'],
    ['?wait=-1', '/wait'],
    ['?wait=31', '/wait'],
    ['?from=1', '/from'],
  ])('refuses %s with a problem', async (query, pointer) => {
    const response = await ask(query);
    expect(response.status).toBe(422);
    const problem: unknown = await response.json();
    expect(problem).toMatchObject({ code: 'invalid_request', errors: [expect.objectContaining({ pointer })] });
  });

  test.each([
    {},
    { authorization: 'Bearer wrong' },
    { authorization: `Basic ${feedToken(SECRET)}` },
    { authorization: `Bearer ${feedToken('another secret')}` },
  ])('is closed to %j', async (headers) => {
    const response = await ask('', headers);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="log"']);
    const problem: unknown = await response.json();
    expect(problem).toMatchObject({ code: 'unauthorized', detail: expect.stringContaining('secret of this installation') });
  });

  test('is closed to everybody when the service knows no secret', async () => {
    const closed = await start({ INSTALLATION_SECRET_FILE: '' });
    const response = await ask('', { authorization }, closed);
    await closed.stop();
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('INSTALLATION_SECRET_FILE') });
  });
});

describe('the digest of the inbox', () => {
  const span = (from: Date, until: Date) => new URLSearchParams({ from: from.toISOString(), until: until.toISOString() });
  const digest = (query: string | URLSearchParams, headers: Record<string, string> = { authorization }) =>
    fetch(`${service.url}/inbox/digest?${query}`, { headers });

  test('has how many events of a span of time each step has handled, and what their ids come to', async () => {
    await question();
    await question();
    await end();
    const asked = (await read()).flatMap(({ event }) => (event.type === 'echo.asked' ? [event.id] : []));
    const mark = asked.reduce((sum, id) => sum ^ BigInt(`0x${id.slice(-12)}`), 0n);
    const now = Date.now();
    const handled = await digest(span(new Date(now - 3_000_000), new Date(now + 60_000)));
    expect(await handled.json()).toEqual({
      items: [{ step: 'answer', events: asked.length, mark: `${mark}` }],
      retentionDays: expect.any(Number),
      beganAt: expect.stringMatching(/^20/),
    });
    const earlier = await digest(span(new Date(now - 6_000_000), new Date(now - 3_000_000)));
    expect(await earlier.json()).toMatchObject({ items: [{ step: 'answer', events: 0, mark: '0' }] });
  });

  test('is closed to who does not know the secret, and refuses a span that is none or longer than an hour', async () => {
    const now = new Date();
    expect((await digest(span(now, now), {})).status).toBe(401);
    for (const from of [now.getTime() + 1, now.getTime() - 3_600_001])
      expect((await digest(span(new Date(from), now))).status).toBe(422);
    expect((await digest('from=yesterday&until=today')).status).toBe(422);
  });
});

test('a service does not start with a secret that cannot be read', async () => {
  const missing = start({ INSTALLATION_SECRET_FILE: join(directory, 'missing') });
  await expect(missing).rejects.toThrow(StartError);
});
