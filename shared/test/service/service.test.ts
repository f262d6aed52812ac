import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig, type ServiceConfig } from '@quickstep/shared/config';
import { withClient } from '@quickstep/shared/db';
import { StartError } from '@quickstep/shared/service';
import { freshDatabase, freshVhost } from '@quickstep/shared/testing';
import { connect } from 'amqplib';
import { listeningLogger, startEcho } from './echo-service.js';

const defaults = { service: 'echo-service', port: 0 };
let database: Awaited<ReturnType<typeof freshDatabase>>;
let vhost: Awaited<ReturnType<typeof freshVhost>>;
let config: ServiceConfig;

beforeAll(async () => {
  [database, vhost] = await Promise.all([freshDatabase(), freshVhost()]);
  config = readConfig(defaults, { RABBITMQ_URL: vhost.url, POSTGRES_URL: database.url });
});

afterAll(async () => {
  await Promise.all([database.drop(), vhost.drop()]);
});

const echo = async (text: string) => text.toUpperCase();

async function ask(url: string, text: string): Promise<{ status: number; id: string }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/questions`, { method: 'POST', headers, body: JSON.stringify({ text }) });
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null || !('id' in body)) throw new Error(`It answered ${JSON.stringify(body)}`);
  return { status: response.status, id: String(body.id) };
}

function stored(statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return withClient(database.url, async (client) => (await client.query(statement, values)).rows);
}

async function messagesIn(queue: string): Promise<number> {
  const connection = await connect(vhost.url);
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue);
  await connection.close();
  return messageCount;
}

describe('a running service', () => {
  test('takes a command, publishes its event, consumes it, and can be asked about it', async () => {
    const { logger, next } = listeningLogger();
    const service = await startEcho(config, logger, echo);
    try {
      const ended = next('saga ended');
      const { status, id } = await ask(service.url, 'hello');
      expect(status).toBe(202);
      await ended;
      const response = await fetch(`${service.url}/questions/${id}`);
      expect(await response.json()).toMatchObject({ id, answer: 'HELLO' });
    } finally {
      await service.stop();
    }
  });

  test('is ready, can be measured, and describes itself', async () => {
    const service = await startEcho(config, listeningLogger().logger, echo);
    try {
      const ready = await fetch(`${service.url}/health/ready`);
      expect([ready.status, await ready.json()]).toEqual([
        200,
        { status: 'ready', checks: ['database', 'publisher', 'routing', 'outside world', 'consumer'], failing: [] },
      ]);
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      expect(metrics).toMatch(/^quickstep_outbox_entries\{service="echo-service"\} \d/m);
      expect(await (await fetch(`${service.url}/openapi.json`)).json()).toMatchObject({ info: { title: 'echo-service' } });
    } finally {
      await service.stop();
    }
  });
});

test('goes by the names that its configuration gives it, and by no other; so do the pages that may ask', async () => {
  const named = { allowedHosts: ['echo.example'], allowedOrigins: ['https://shop.example'] };
  const service = await startEcho({ ...config, ...named }, listeningLogger().logger, echo);
  const allowedTo = async (origin: string) =>
    (await fetch(`${service.url}/health/live`, { headers: { origin } })).headers.get('access-control-allow-origin');
  const asked = (host: string) =>
    new Promise((resolve) =>
      get(new URL('/health/live', service.url), { headers: { host } }, ({ statusCode }) => resolve(statusCode)),
    );
  try {
    expect(await asked('echo.example:3001')).toBe(200);
    expect(await asked('evil.example')).toBe(421);
    expect(await allowedTo('https://shop.example')).toBe('https://shop.example');
    expect(await allowedTo('https://evil.example')).toBeNull();
  } finally {
    await service.stop();
  }
});

describe('stop', () => {
  test('finishes what is in flight: committed, published, settled', async () => {
    const { logger, written } = listeningLogger();
    let begin = () => {};
    let finish = (_answer: string) => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const answer = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const service = await startEcho(config, logger, () => {
      begin();
      return answer;
    });
    const { id } = await ask(service.url, 'in flight');
    await begun;
    const stopped = service.stop();
    finish('finished');
    await stopped;
    await service.stop();
    expect(await stored('select answer from questions where id = $1', [id])).toEqual([{ answer: 'finished' }]);
    expect(await stored('select * from outbox')).toEqual([]);
    expect(await messagesIn('echo-service')).toBe(0);
    expect(written.map(({ message }) => message)).toEqual(['started', 'saga ended', 'stopped']);
    await expect(fetch(service.url)).rejects.toThrow();
  });

  test('ends in time: the part that hangs is named, and its message is delivered again to the next process', async () => {
    const { logger, written } = listeningLogger();
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let release = (_answer: string) => {};
    const late = new Promise<string>((resolve) => {
      release = resolve;
    });
    const first = await startEcho({ ...config, shutdownTimeout: 400 }, logger, () => {
      begin();
      return late;
    });
    const { id } = await ask(first.url, 'hanging');
    await begun;
    await first.stop();
    const reason = expect.stringMatching(/: it waits for the whoever answers \(1 under way\)$/);
    expect(written).toContainEqual(
      expect.objectContaining({ message: 'pipeline did not stop', fields: expect.objectContaining({ reason }) }),
    );
    const second = listeningLogger();
    const ended = second.next('saga ended');
    const service = await startEcho(config, second.logger, echo);
    await ended;
    release('too late');
    await service.stop();
    expect(await stored('select answer from questions where id = $1', [id])).toEqual([{ answer: 'HANGING' }]);
  });
});

describe('a start that fails says what to do, gives back what it had, and keeps passwords to itself', () => {
  const start = (changed: Partial<ServiceConfig>) => startEcho({ ...config, ...changed }, listeningLogger().logger, echo);

  async function reasonFor(changed: Partial<ServiceConfig>): Promise<string> {
    const error: unknown = await start(changed).catch((reason: unknown) => reason);
    if (error instanceof Error) return error.message;
    throw new Error('It started');
  }

  test('the port is taken', async () => {
    const service = await start({});
    const port = Number(new URL(service.url).port);
    await expect(start({ port })).rejects.toThrow(StartError);
    expect(await reasonFor({ port })).toBe(
      `Port ${port} on 127.0.0.1 is taken: stop what listens there, or set PORT to another one`,
    );
    await service.stop();
    expect(await stored("select pid from pg_stat_activity where application_name = 'echo-service'")).toEqual([]);
  });

  test('the database cannot be reached', async () => {
    expect(await reasonFor({ postgresUrl: 'postgres://me:hunter2@127.0.0.1:1/echo' })).toBe(
      'PostgreSQL at 127.0.0.1:1 cannot be reached (ECONNREFUSED): start it, or set POSTGRES_URL right',
    );
  });

  test('the broker refuses the user', async () => {
    const url = new URL(vhost.url);
    url.password = 'hunter2';
    const reason = await reasonFor({ rabbitmqUrl: url.href });
    expect(reason).toContain('check user and password in RABBITMQ_URL');
    expect(reason).not.toContain('hunter2');
  });
});
