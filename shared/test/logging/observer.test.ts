import { describe, expect, test } from '@jest/globals';
import { OrderCancelled, OrderCompleted, OrderCreated } from '@quickstep/shared/contracts';
import type { CloudEvent } from '@quickstep/shared/events';
import { logEndings, pipelineObserver } from '@quickstep/shared/logging';
import type { Handled } from '@quickstep/shared/pipeline';
import { createMetrics, definitions } from '@quickstep/shared/telemetry';
import { logTo } from './log-to.js';

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
