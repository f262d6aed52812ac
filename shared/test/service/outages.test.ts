import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readConfig, type ServiceConfig } from '@quickstep/shared/config';
import { eventually, freshDatabase, freshVhost, happened } from '@quickstep/shared/testing';
import { type ConfirmChannel, connect } from 'amqplib';
import { TcpProxy, targetOf } from '../../../tools/src/chaos/proxy/tcp-proxy.js';
import { Asked, listeningLogger, startEcho } from './echo-service.js';

const QUEUE = 'echo-service';
let database: Awaited<ReturnType<typeof freshDatabase>>;
let vhost: Awaited<ReturnType<typeof freshVhost>>;
let connection: Awaited<ReturnType<typeof connect>>;
let channel: ConfirmChannel;
let service: Awaited<ReturnType<typeof startEcho>> | undefined;

beforeAll(async () => {
  [database, vhost] = await Promise.all([freshDatabase(), freshVhost()]);
  connection = await connect(vhost.url);
  channel = await connection.createConfirmChannel();
});
afterEach(() => service?.stop());
afterAll(async () => {
  await connection.close();
  await Promise.all([database.drop(), vhost.drop()]);
});

const configOf = (postgresUrl: string, more: NodeJS.ProcessEnv = {}): ServiceConfig =>
  readConfig(
    { service: 'echo-service', port: 0 },
    { RABBITMQ_URL: vhost.url, POSTGRES_URL: postgresUrl, RETRY_DELAYS_MS: '50,100', ...more },
  );

async function ask(text: string): Promise<void> {
  const event = happened(Asked({ id: crypto.randomUUID(), text }));
  channel.publish('echo.events', 'echo.asked', Buffer.from(JSON.stringify(event)), { messageId: event.id });
  await channel.waitForConfirms();
}

test('while the database is away the consumer takes nothing more and nothing is called; it resumes by itself, and nothing came twice', async () => {
  const target = targetOf(database.url, 5_432);
  const proxy = await TcpProxy.open(() => target);
  const called: string[] = [];
  const { logger, written } = listeningLogger();
  service = await startEcho(configOf(proxy.through(database.url)), logger, async (text) => {
    called.push(text);
    return text;
  });
  const { url } = service;
  proxy.set('refuse');
  await ask('first');
  const ready = async () => (await fetch(`${url}/health/ready?of=consuming`)).text();
  await eventually(async () => (await ready()).includes('it waits for the database'));
  for (let each = 0; each < 5; each++) await ask(`later ${each}`);
  // Ready, not handed out.
  expect((await channel.checkQueue(QUEUE)).messageCount).toBe(5);
  expect(called).toEqual(['first']);
  proxy.set('open');
  await eventually(() => written.filter(({ message }) => message === 'saga ended').length >= 6);
  expect(called.sort()).toEqual(['first', 'later 0', 'later 1', 'later 2', 'later 3', 'later 4']);
  expect(written.map(({ message }) => message)).not.toContain('message retried');
  await service.stop();
  proxy.close();
});

test('while the outside world is away messages wait outside of the consumer and use up no attempts; readiness and metrics say so', async () => {
  let isAway = true;
  let calls = 0;
  let waited = 0;
  const { logger: quiet, written } = listeningLogger();
  const debug = (message: string) => {
    if (message === 'message waiting') waited++;
  };
  const logger = { ...quiet, debug, isLevelEnabled: () => true };
  const config = configOf(database.url, { BREAKER_CALLS: '2', BREAKER_PROBE_MS: '1000', RETRY_DELAYS_MS: '50,100,100,100' });
  service = await startEcho(config, logger, async (text) => {
    calls++;
    if (isAway) throw new Error('nobody answers');
    return text;
  });
  const { url } = service;
  for (const text of ['one', 'two', 'three']) await ask(text);
  // Far more often than the three messages have attempts.
  await eventually(() => waited > 30 && written.some(({ message }) => message === 'circuit breaker half-open'));
  expect(calls).toBeLessThan(9);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^quickstep_breaker_state\{effect="whoever answers",service="echo-service"\} [12]$/m);
  expect(metrics).toMatch(/^quickstep_breaker_probe_seconds\{effect="whoever answers",service="echo-service"\} \d(\.\d+)?$/m);
  expect(metrics).toMatch(/^quickstep_breaker_transitions_total\{.*state="half-open".*\} \d+$/m);
  expect(metrics).toMatch(/^quickstep_messages_total\{.*result="waiting".*\} \d+$/m);
  expect(metrics).toMatch(/^quickstep_retry_limit\{step="answer",service="echo-service"\} 4$/m);
  const ready = await fetch(`${url}/health/ready`);
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { failing: [{ name: 'outside world', of: 'effects', detail: expect.stringContaining('the whoever answers is') }] },
  ]);
  expect((await fetch(`${url}/health/ready?of=effects`)).status).toBe(503);
  isAway = false;
  await eventually(() => written.filter(({ message }) => message === 'saga ended').length >= 3);
  expect((await channel.checkQueue(`${QUEUE}.dead-letter`)).messageCount).toBe(0);
  expect(written.map(({ message }) => message)).toContain('circuit breaker closed');
  expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ failing: [] });
});
