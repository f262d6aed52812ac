import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { OrderCancelled, OrderCompleted, OrderCreated } from '@quickstep/shared/contracts';
import type { CloudEvent } from '@quickstep/shared/events';
import { createLogger, type LogLevel, logEndings, pipelineObserver, redact } from '@quickstep/shared/logging';
import type { Handled } from '@quickstep/shared/pipeline';
import { reasonOf } from '@quickstep/shared/pipeline';
import { createMetrics, definitions } from '@quickstep/shared/telemetry';
import fc from 'fast-check';

function logTo(level: LogLevel, readable = false) {
  const to = new PassThrough();
  const logger = createLogger({ service: 'payment-service', level, to, readable });
  const text = () => String(to.read() ?? '');
  const lines = (): unknown[] =>
    text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return { logger, text, lines };
}

test('what is written is what it says it writes', () => {
  const levels = ['error', 'warn', 'info', 'debug'] as const;
  for (const [index, level] of levels.entries()) {
    const { logger, lines } = logTo(level);
    for (const each of levels) logger[each](each);
    expect(lines()).toEqual(levels.slice(0, index + 1).map((each) => expect.objectContaining({ level: each })));
    expect(levels.filter((each) => logger.isLevelEnabled(each))).toEqual(levels.slice(0, index + 1));
  }
});

const event = { id: 'e1', subject: 'order-1', type: 'payment.refund', data: { email: 'ada@example.org', amount: 5 } };

const refunded: Handled = {
  step: 'refundPayment',
  message: event,
  result: { kind: 'done', outcome: 'refunded', reply: undefined },
  since: 0,
};
const tooLate = { accepted: false, kind: 'conflict', code: 'order_ended', detail: 'It has ended' } as const;

function sampleEvent(type: string): CloudEvent {
  return {
    ...{
      specversion: '1.0',
      id: `id of ${type}`,
      type,
      source: '/order-service',
      subject: 'order-1',
      time: '2026-01-01T00:00:00.000Z',
    },
    ...{ datacontenttype: 'application/json', dataschema: 'urn:x', data: { email: 'ada@example.org' }, dataversion: '1.0' },
    ...{ correlationid: 'order-1', causationid: 'r1', tenantid: 'default', idempotencykey: 'k', traceparent: 't' },
  };
}

describe('createLogger', () => {
  test('writes one JSON line for each message', () => {
    const { logger, lines } = logTo('info');
    logger.info('started', { url: 'http://127.0.0.1:3003' });
    expect(lines()).toEqual([
      { time: expect.any(String), level: 'info', service: 'payment-service', message: 'started', url: 'http://127.0.0.1:3003' },
    ]);
  });

  test('writes a readable line for people', () => {
    const { logger, text } = logTo('info', true);
    logger.warn('message retried', { step: 'chargePayment', milliseconds: 3 });
    expect(text()).toMatch(/^[\d:.]{12} WARN {2}payment-service message retried step=chargePayment milliseconds=3\n$/);
  });

  test('writes nothing that a terminal takes for a command, and nothing that looks like another line', () => {
    const nasty = 'a\u001b[2J\u009b31m\r\n12:00:00.000 ERROR forged\u202e\u2028\u0007';
    const { logger, text } = logTo('info', true);
    logger.info(nasty, { orderId: nasty, list: [nasty] });
    expect(text()).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*\n$/u);
    const json = logTo('info');
    json.logger.info(nasty, { orderId: nasty });
    const written = json.text();
    expect(written).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*\n$/u);
    expect(JSON.parse(written)).toMatchObject({ message: nasty, orderId: nasty });
  });

  test('shows people a stack as lines, all of them indented', () => {
    const { logger, text } = logTo('info', true);
    logger.error('failed', { stack: 'Error: a\nERROR forged\n    at here\u001b[2J' });
    expect(text()).toMatch(/stack=Error: a\n {4}ERROR forged\n {4}at here\\u001b\[2J\n$/);
  });

  test('writes JSON, whatever it says', () => {
    const secrets = fc.constantFrom(
      'password=',
      '"token": "',
      'Bearer ',
      'postgres://u:',
      '@h',
      "pwd='",
      '\\',
      '\\"',
      '"',
      '\n',
      'a',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(secrets, fc.string({ unit: 'binary' }))), (parts) => {
        const { logger, text } = logTo('info');
        logger.info(parts.join(''), { reason: parts.toReversed().join(''), [parts.join('')]: 'value' });
        expect(JSON.parse(text())).toMatchObject({ level: 'info' });
      }),
    );
  });

  test('redacts every field, and those whole that are named like a secret', () => {
    const { logger, lines } = logTo('info');
    logger.info('Bearer of password=a"b', { reason: 'postgres://u:p"w@h', password: 'two words', list: ['ada@example.org'] });
    expect(lines()).toMatchObject([
      { message: 'Bearer of password=***"b', reason: 'postgres://***@h', password: '***', list: ['***@***'] },
    ]);
  });

  test('writes nothing below its level', () => {
    const { logger, text } = logTo('warn');
    logger.info('unheard');
    logger.debug('unheard');
    expect(text()).toBe('');
  });
});

describe('redact', () => {
  test.each([
    ['connect amqp://order:s3cret@broker:5672/q failed', 'connect amqp://***@broker:5672/q failed'],
    ['postgres://u@host/db', 'postgres://***@host/db'],
    ['Key (email)=(ada.lovelace@mail.example.org) exists', 'Key (email)=(***@***) exists'],
    ['token pm_card_ok was declined', 'token pm_*** was declined'],
    ['rabbit@localhost is down', 'rabbit@localhost is down'],
    ['postgres://u:pa/ss@h/db is away', 'postgres://***@h/db is away'],
    ['postgres://u:p@ss:w?rd#1@h/db is away', 'postgres://***@h/db is away'],
    ['postgres://h/db?user=u&password=s3cret&ssl=1', 'postgres://h/db?user=u&password=***&ssl=1'],
    ['connect with password=s3cret failed', 'connect with password=*** failed'],
    ['PASSWORD: s3cret', 'PASSWORD: ***'],
    ["host=h password='two words' user=u", "host=h password='***' user=u"],
    ['{"password":"s3cret","user":"u"}', '{"password":"***","user":"u"}'],
    ['{"reason":"{\\"client_secret\\": \\"s3c ret\\"}"}', '{"reason":"{\\"client_secret\\": \\"***\\"}"}'],
    ['PGPASSWORD=s3cret psql', 'PGPASSWORD=*** psql'],
    ['access_token=abc.def&x=1', 'access_token=***&x=1'],
    ['authorization: Bearer eyJhbGciOi.J9-_~+/==', 'authorization: Bearer ***'],
    ['AUTHORIZATION: BEARER abc', 'AUTHORIZATION: BEARER ***'],
    ['the header Bearer eyJhbGciOiJIUzI1NiJ9.e30.x was refused', 'the header Bearer *** was refused'],
    ["postgres://u:it's@h", 'postgres://***@h'],
    ['authorization: Basic dXNlcjpwYXNz, x', 'authorization: Basic ***, x'],
    ['password authentication failed for user "order"', 'password authentication failed for user "order"'],
    ['the bearer of bad news', 'the bearer of bad news'],
    ['basic checks and token buckets', 'basic checks and token buckets'],
  ])('%s', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });
});

test('reasonOf finds the words in an AggregateError', () => {
  expect(
    reasonOf(new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('connect ECONNREFUSED 127.0.0.1:5432')])),
  ).toBe('connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432');
});

describe('pipelineObserver', () => {
  test('logs one line per message and step, without its data', () => {
    const { logger, lines } = logTo('debug');
    pipelineObserver(logger, createMetrics('payment-service')).handled(refunded);
    const [line] = lines();
    expect(line).toEqual({
      time: expect.any(String),
      level: 'debug',
      service: 'payment-service',
      message: 'message done',
      subject: 'order-1',
      eventId: 'e1',
      type: 'payment.refund',
      step: 'refundPayment',
      outcome: 'refunded',
      milliseconds: expect.any(Number),
    });
  });

  test("logs the client's request id beside the id of the work that it asked for", () => {
    const { logger, lines } = logTo('debug');
    const asked = { id: 'w1', subject: 'order-1', data: {}, requestId: 'req-7' };
    const result = { kind: 'done', outcome: 'requested', reply: undefined } as const;
    pipelineObserver(logger, createMetrics('order-service')).handled({ step: 'cancelOrder', message: asked, result, since: 0 });
    expect(lines()).toMatchObject([{ eventId: 'w1', requestId: 'req-7', step: 'cancelOrder', outcome: 'requested' }]);
  });

  test('logs what failed with its reason, at warn and at error, and what is well only at debug', () => {
    const { logger, lines } = logTo('info');
    const observer = pipelineObserver(logger, createMetrics('payment-service'));
    observer.handled(refunded);
    observer.putAside({ step: 'refundPayment', message: event, as: 'retried', since: 0, reason: 'the gateway is away' });
    observer.putAside({ step: 'refundPayment', message: event, as: 'parked', since: 0, reason: 'breaks its contract' });
    observer.undecodable('not JSON');
    observer.forged('a stranger');
    observer.trouble('the database is away', new Error('ECONNREFUSED'));
    expect(lines()).toMatchObject([
      { level: 'warn', message: 'message retried', reason: 'the gateway is away' },
      { level: 'error', message: 'message parked', reason: 'breaks its contract' },
      { level: 'error', reason: 'not JSON' },
      { level: 'error', message: 'message parked: it is forged', reason: 'a stranger' },
      { level: 'warn', message: 'the database is away', reason: 'ECONNREFUSED' },
    ]);
  });

  test('reports trouble that lasts once, and other trouble at once', () => {
    const { logger, lines } = logTo('info');
    const observer = pipelineObserver(logger, createMetrics('payment-service'));
    for (const reason of ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNRESET'])
      observer.trouble('the database is away', new Error(reason));
    expect(lines()).toMatchObject([{ reason: 'ECONNREFUSED' }, { reason: 'ECONNRESET' }]);
  });

  test('reports trouble of many rows once, with one of them, and of many reasons the first ten', () => {
    const { logger, lines } = logTo('info');
    const observer = pipelineObserver(logger, createMetrics('payment-service'));
    const fail = (order: number, reason: string) =>
      observer.trouble('timer "expire" failed', new Error(reason), { subject: `order-${order}` });
    for (const again of [1, 2]) for (let order = 0; order < 150; order++) fail(order, `no stock, time ${again}`);
    for (let order = 0; order < 150; order++) fail(order, `no stock for order-${order}`);
    const [first, second, ...rest] = lines();
    expect(first).toMatchObject({ message: 'timer "expire" failed', reason: 'no stock, time 1', subject: 'order-0' });
    expect(second).toMatchObject({ reason: 'no stock, time 2', subject: 'order-0' });
    expect(rest).toHaveLength(8);
  });

  test('forgets the oldest of a hundred troubles first, and no other', () => {
    const { logger, lines } = logTo('info');
    const observer = pipelineObserver(logger, createMetrics('payment-service'));
    for (let number = 0; number <= 100; number++) observer.trouble(`trouble ${number}`, 'again');
    expect(lines()).toHaveLength(101);
    for (const number of [1, 100, 0]) observer.trouble(`trouble ${number}`, 'again');
    expect(lines()).toMatchObject([{ message: 'trouble 0' }]);
  });

  test('counts what it sees', async () => {
    const { logger } = logTo('error');
    const metrics = createMetrics('payment-service');
    const observer = pipelineObserver(logger, metrics);
    observer.handled(refunded);
    observer.handled({ ...refunded, result: { kind: 'duplicate' } });
    observer.handled({ ...refunded, step: 'cancelOrder', result: { kind: 'refused', refusal: tooLate } });
    observer.putAside({ step: 'chargePayment', message: event, as: 'retried', since: 0, reason: 'the gateway is away' });
    observer.forged('a stranger');
    observer.batch(2, 5);
    observer.conflict();
    metrics.gauge(definitions.unroutable, () => 3);
    metrics.gauge(definitions.outbox, () => Promise.reject(new Error('the database is away')));
    const text = await metrics.text();
    expect(text).toContain(
      'quickstep_messages_total{step="refundPayment",result="done",outcome="refunded",service="payment-service"} 1',
    );
    expect(text).toContain(
      'quickstep_messages_total{step="refundPayment",result="duplicate",outcome="duplicate",service="payment-service"} 1',
    );
    expect(text).toContain(
      'quickstep_messages_total{step="cancelOrder",result="refused",outcome="order_ended",service="payment-service"} 1',
    );
    expect(text).toContain(
      'quickstep_messages_total{step="chargePayment",result="retried",outcome="retried",service="payment-service"} 1',
    );
    expect(text).toContain('quickstep_handling_seconds_count{service="payment-service",step="refundPayment"} 2');
    expect(text).toContain('quickstep_batch_messages_sum{service="payment-service"} 2');
    expect(text).toContain('quickstep_batch_conflicts_total{service="payment-service"} 1');
    expect(text).toContain('quickstep_unroutable_event_types{service="payment-service"} 3');
    expect(text).not.toMatch(/^quickstep_outbox_entries/m);
    expect(text).toContain('process_cpu_seconds_total');
  });
});

test('logEndings logs the end of a saga at info, once the broker has it, without its data', async () => {
  const { logger, lines } = logTo('info');
  const ended = sampleEvent('order.completed');
  const lost = sampleEvent('order.cancelled');
  const events = [ended, sampleEvent('order.created'), lost].map((event) => ({ event, body: '', final: false }));
  const publisher = { publish: async () => ['confirmed', 'confirmed', 'returned'] as const };
  await logEndings(publisher, [OrderCreated, OrderCompleted, OrderCancelled], logger).publish(events);
  expect(lines()).toEqual([
    {
      time: expect.any(String),
      level: 'info',
      service: 'payment-service',
      message: 'saga ended',
      subject: 'order-1',
      eventId: ended.id,
      type: 'order.completed',
    },
  ]);
});
