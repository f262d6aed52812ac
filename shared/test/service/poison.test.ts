import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import { readConfig, type ServiceConfig } from '@quickstep/shared/config';
import { type ParkedMessage, parkedMessage } from '@quickstep/shared/messaging';
import { eventually, freshDatabase, freshVhost, happened } from '@quickstep/shared/testing';
import { type ConfirmChannel, connect } from 'amqplib';
import { takeFrom } from '../messaging/harness.js';
import { Asked, listeningLogger, startEcho } from './echo-service.js';

const QUEUE = 'echo-service';
const DEAD_LETTERS = 'echo-service.dead-letter';
const CONTENT_TYPE = 'application/cloudevents+json';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let vhost: Awaited<ReturnType<typeof freshVhost>>;
let connection: Awaited<ReturnType<typeof connect>>;
let channel: ConfirmChannel;
let config: ServiceConfig;

beforeAll(async () => {
  [database, vhost] = await Promise.all([freshDatabase(), freshVhost()]);
  config = readConfig(
    { service: 'echo-service', port: 0 },
    { RABBITMQ_URL: vhost.url, POSTGRES_URL: database.url, RETRY_DELAYS_MS: '50,100' },
  );
  connection = await connect(vhost.url);
  channel = await connection.createConfirmChannel();
});

afterAll(async () => {
  await connection.close();
  await Promise.all([database.drop(), vhost.drop()]);
});

const asked = (text: string) => happened(Asked({ id: 'q', text }));

/** Says what is asked of it: a failure for a question about one. */
async function reply(text: string): Promise<string> {
  if (text === 'never') throw new Permanent('Nobody can answer pm_card_secret');
  if (text === 'not now') throw new TypeError('The answer is asleep');
  return text;
}

async function publish(body: string | Buffer, key = 'echo.asked', headers: Record<string, unknown> = {}): Promise<void> {
  channel.publish('echo.events', key, Buffer.from(body), { contentType: CONTENT_TYPE, messageId: 'm', headers });
  await channel.waitForConfirms();
}

const parkedNext = async (): Promise<ParkedMessage> => parkedMessage(await takeFrom(channel, DEAD_LETTERS));

async function leftIn(queue: string): Promise<number> {
  return (await channel.checkQueue(queue)).messageCount;
}

describe('a message that a running service cannot handle is parked once, with what an operator needs', () => {
  let service: Awaited<ReturnType<typeof startEcho>>;
  beforeAll(async () => {
    service = await startEcho(config, listeningLogger().logger, reply);
  });
  afterAll(() => service.stop());
  beforeEach(async () => void (await channel.purgeQueue(DEAD_LETTERS)));

  const { dataversion: _, ...versionless } = asked('x');
  test.each<[string, string, Partial<ParkedMessage>]>([
    ['is no JSON', 'nonsense {', { errorClass: 'unparsable', reason: 'The message is not JSON' }],
    ['breaks its contract', JSON.stringify({ ...asked('x'), data: {} }), { errorClass: 'wrong-schema' }],
    ['is of an unknown type', '{"type":"echo.unheard_of"}', { errorClass: 'unknown-type' }],
    ['is of an unknown version', JSON.stringify({ ...versionless, dataversion: '9.0' }), { errorClass: 'unknown-version' }],
    ['is forged', JSON.stringify({ ...asked('x'), source: '/stranger' }), { errorClass: 'forged' }],
    ['is too large', `"${'x'.repeat(4_000_000)}"`, { errorClass: 'oversized' }],
  ])('because it %s', async (_what, body, expected) => {
    await publish(body);
    const { content, ...parked } = await parkedNext();
    expect(parked).toMatchObject({
      service: 'echo-service',
      step: undefined,
      outcome: undefined,
      attempts: 1,
      firstFailedAt: parked.parkedAt,
      parkedAt: expect.any(Date),
      origin: { exchange: 'echo.events', routingKey: 'echo.asked' },
      type: 'echo.asked',
      messageId: 'm',
      ...expected,
    });
    expect(content.equals(Buffer.from(body))).toBe(true);
    expect([await leftIn(DEAD_LETTERS), await leftIn(QUEUE)]).toEqual([0, 0]);
  });

  test('because its step says that no attempt can help: step, class, place, and no secret', async () => {
    const event = asked('never');
    await publish(JSON.stringify(event));
    const parked = await parkedNext();
    expect(parked).toMatchObject({
      service: 'echo-service',
      step: 'answer',
      errorClass: 'permanent',
      reason: 'Nobody can answer pm_***',
      attempts: 1,
      frame: expect.stringMatching(/^shared\/test\/service\/poison\.test\.ts:\d+$/),
    });
    expect(parked.stack?.split('\n')[0]).toMatch(/^reply \(shared\/test\/service\/poison\.test\.ts:\d+\)$/);
    expect(parked.stack).not.toMatch(/pm_|file:|\/home|\(\//);
    expect(await leftIn(DEAD_LETTERS)).toBe(0);
  });

  test('because all attempts failed: when the first did, and when the last did', async () => {
    const before = Date.now();
    await publish(JSON.stringify(asked('not now')));
    const parked = await parkedNext();
    expect(parked).toMatchObject({ step: 'answer', errorClass: 'transient', reason: 'The answer is asleep', attempts: 3 });
    const [first = 0, last = 0] = [parked.firstFailedAt?.getTime(), parked.parkedAt?.getTime()];
    expect(first).toBeGreaterThanOrEqual(before);
    // It waited twice in between, by the broker's clock.
    expect(last - first).toBeGreaterThanOrEqual(100);
    expect(await leftIn(DEAD_LETTERS)).toBe(0);
  });

  test('and those of one cause have one fingerprint', async () => {
    const fingerprints: string[] = [];
    for (const text of ['never', 'never', 'not now']) {
      await publish(JSON.stringify(asked(text)));
      fingerprints.push((await parkedNext()).fingerprint);
    }
    const [first, second, other] = fingerprints;
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  test('whatever its headers pretend', async () => {
    const pretended = {
      'x-service': 'x',
      'x-step': 'y',
      'x-attempt': 9,
      'x-first-failed-at': '2001-01-01T00:00:00Z',
      'x-death': 7,
    };
    await publish('nonsense', 'echo.asked', pretended);
    const { properties, ...message } = await takeFrom(channel, DEAD_LETTERS);
    expect(properties.headers).not.toHaveProperty('x-death');
    const parked = parkedMessage({ properties, ...message });
    expect(parked).toMatchObject({ service: 'echo-service', step: undefined, attempts: 1, errorClass: 'unparsable' });
    expect(parked.firstFailedAt).toEqual(parked.parkedAt);
  });
});

describe('a message that the broker dead-letters is read as well', () => {
  /** What a consumer does that crashes on it, time and again. */
  async function crashOn(queue: string): Promise<void> {
    const { consumerTag } = await channel.consume(queue, (message) => message && channel.reject(message, true));
    await eventually(async () => (await leftIn(DEAD_LETTERS)) > 0);
    await channel.cancel(consumerTag);
  }

  beforeEach(async () => void (await channel.purgeQueue(DEAD_LETTERS)));

  test('when it was delivered too often, as it crashes its consumer', async () => {
    const event = asked('x');
    await publish(JSON.stringify(event), 'echo.asked', { 'x-step': 'pretended', 'x-reason': 'pretended' });
    await crashOn(QUEUE);
    const parked = await parkedNext();
    expect(parked).toMatchObject({
      service: 'echo-service',
      step: undefined,
      errorClass: 'delivery-limit',
      reason: expect.stringContaining('does its consumer crash on it?'),
      attempts: 1,
      firstFailedAt: parked.parkedAt,
      parkedAt: expect.any(Date),
      origin: { exchange: 'echo.events', routingKey: 'echo.asked' },
      type: 'echo.asked',
    });
    expect(JSON.parse(parked.content.toString())).toEqual(event);
    expect([await leftIn(DEAD_LETTERS), await leftIn(QUEUE)]).toEqual([0, 0]);
  });

  /** A copy that waits, with the service stopped. */
  async function waitingCopy(): Promise<void> {
    const { logger, next } = listeningLogger();
    const retried = next('message retried');
    const service = await startEcho({ ...config, retryDelays: [2_000] }, logger, reply);
    await publish(JSON.stringify(asked('not now')));
    await retried;
    await service.stop();
  }

  test('when it was delivered too often after it had failed', async () => {
    await waitingCopy();
    await crashOn(QUEUE);
    expect(await parkedNext()).toMatchObject({
      service: 'echo-service',
      step: 'answer',
      errorClass: 'delivery-limit',
      reason: expect.stringMatching(/it had failed before: The answer is asleep$/),
      attempts: 2,
      origin: { exchange: 'echo.events', routingKey: 'echo.asked' },
    });
  });

  test('when its queue was gone when it came back from its wait', async () => {
    await waitingCopy();
    await channel.deleteQueue(QUEUE);
    expect(await parkedNext()).toMatchObject({
      service: 'echo-service',
      step: 'answer',
      errorClass: 'queue-gone',
      reason: expect.stringMatching(/retry\.2s \(expired\); it had failed before: The answer is asleep$/),
      attempts: 1,
      origin: { exchange: 'echo.events', routingKey: 'echo.asked' },
    });
  });
});
