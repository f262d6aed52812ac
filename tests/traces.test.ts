import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as published from '@opentelemetry/semantic-conventions/incubating';
import { conventional, SCHEMA_URL } from '@quickstep/shared/telemetry';
import { OtlpReceiver, type ReceivedSpan } from './support/otlp-receiver.js';
import { redriveFirst } from './support/redrive.js';
import { openShop, type Shop } from './support/shop.js';
import { until } from './support/until.js';

const [SERVER, CLIENT, CONSUMER] = [2, 3, 5];
const ERROR = 2;

let receiver: OtlpReceiver;
let shop: Shop;

beforeAll(async () => {
  receiver = await OtlpReceiver.listen();
  shop = await openShop({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
});
afterAll(async () => {
  await shop.close();
  await receiver.close();
});

const traceOf = (orderId: string) => orderId.replaceAll('-', '');
/** The last thing that happens in it: that the customer was told is with the broker. */
const complete = (traceId: string) =>
  receiver.span((span) => span.traceId === traceId && span.name === 'send notification.sent', `for the end of ${traceId}`);
const inTrace = (traceId: string) => receiver.spans.filter((span) => span.traceId === traceId);

/** Each service tells its spans in its own time: until all of these have come, each as often as it is named. */
async function traceWith(traceId: string, names: readonly string[]): Promise<readonly ReceivedSpan[]> {
  await complete(traceId);
  const missing = () =>
    names.filter((name, index) => {
      const occurrence = names.slice(0, index + 1).filter((each) => each === name).length;
      return inTrace(traceId).filter((span) => span.name === name).length < occurrence;
    });
  await until(
    async () => missing().length === 0 || undefined,
    () => `Of trace ${traceId} there is no ${missing().join(', ')}`,
  );
  return inTrace(traceId);
}

/** From the span to the root of its trace, by name. */
function pathOf(span: ReceivedSpan, spans: readonly ReceivedSpan[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(parent === undefined ? [] : pathOf(parent, spans))];
}

describe('an order', () => {
  test('is one trace, from its request through retries, a parked message and its redrive to the notification', async () => {
    let refused = 0;
    shop.interventions.charge = () => {
      refused++;
      return Promise.reject(new Error('The payment gateway is being repaired'));
    };
    const { id } = await shop.place();
    const reserved = await shop.eventOf(id, 'inventory.reserved');
    await shop.spy.parkedEvent(reserved.id);
    expect(refused).toBe(4);
    delete shop.interventions.charge;
    await redriveFirst(shop.vhost.url, 'payment-service');
    expect(await shop.ended(id)).toBe('COMPLETED');

    const attempt = 'chargePayment inventory.reserved';
    const path = [
      'notifyCustomer order.completed',
      'trackOrder shipping.shipped',
      'bookShipment payment.completed',
      attempt,
      'reserveStock order.created',
      'placeOrder',
      'POST /orders',
    ];
    const calls = Array.from({ length: 4 }, () => [attempt, 'payment gateway']).flat();
    const retries = Array.from({ length: 3 }, () => 'retry inventory.reserved');
    const expected = [...path, ...calls, 'payment gateway', ...retries, 'park inventory.reserved'];
    const spans = await traceWith(traceOf(id), expected);
    const named = (name: string) => spans.filter((span) => span.name === name);
    expect(named(attempt).map(({ status, kind }) => [status, kind])).toEqual([
      ...Array.from({ length: 4 }, () => [ERROR, CONSUMER]),
      [0, CONSUMER],
    ]);
    expect(named('retry inventory.reserved')).toHaveLength(3);
    expect(named('park inventory.reserved')).toHaveLength(1);
    expect(named('payment gateway')).toHaveLength(5);
    const told = spans.find(({ name }) => name === 'notifyCustomer order.completed');
    expect(told === undefined ? [] : pathOf(told, spans)).toEqual(path);
    expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toMatchObject([
      { name: 'POST /orders', kind: SERVER, attributes: { 'http.route': '/orders', 'http.response.status_code': 202 } },
    ]);
    for (const event of shop.spy.about(id)) expect(event.traceparent.slice(3, 35)).toBe(traceOf(id));
  });

  test('goes on in the trace of its caller, and not at all if that is not recorded', async () => {
    const [recorded, ignored] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
    const unrecorded = await shop.place({}, { traceparent: `00-${ignored}-00f067aa0ba902b7-00` });
    await shop.ended(unrecorded.id);
    await shop.place({}, { traceparent: `00-${recorded}-00f067aa0ba902b7-01` });
    await complete(recorded);
    const [request] = await traceWith(recorded, ['POST /orders']).then((all) =>
      all.filter(({ name }) => name === 'POST /orders'),
    );
    expect(request).toMatchObject({ parentSpanId: '00f067aa0ba902b7' });
    expect(inTrace(ignored)).toEqual([]);
  });

  test('that its deadline cancels stays in its trace', async () => {
    shop.gates.beforeCharge.close();
    const { id } = await shop.place();
    await shop.gates.beforeCharge.holds(id);
    await shop.expire(id);
    await shop.eventOf(id, 'order.cancellation_requested');
    shop.gates.beforeCharge.open();
    expect(await shop.ended(id)).toBe('CANCELLED');
    const spans = await traceWith(traceOf(id), ['expireOrder', 'refundPayment payment.refund']);
    expect(spans.find(({ name }) => name === 'expireOrder')).toMatchObject({ attributes: { 'quickstep.outcome': 'expired' } });
  });
});

test('a batch is a span of its own, and linked with its messages both ways', async () => {
  const { id } = await shop.place();
  const spans = await traceWith(traceOf(id), ['reserveStock order.created']);
  const step = spans.find(({ name }) => name === 'reserveStock order.created');
  const linked = step?.links.map(({ spanId }) => spanId) ?? [];
  const batch = await receiver.span(({ name, spanId }) => name === 'batch' && linked.includes(spanId), 'of the batch');
  expect(batch.links).toContainEqual(expect.objectContaining({ traceId: step?.traceId, spanId: step?.spanId }));
  expect(batch.attributes['messaging.batch.message_count']).toBeGreaterThan(0);
});

describe('spans', () => {
  test('are named by the conventions, of the version that they state', async () => {
    const values = new Set(Object.values(published));
    expect(Object.values(conventional).filter((name) => !values.has(name))).toEqual([]);
    expect([...receiver.schemaUrls]).toEqual([SCHEMA_URL]);
    const send = receiver.spans.find(({ name }) => name === 'send inventory.reserved');
    expect(send).toMatchObject({
      service: 'inventory-service',
      kind: CLIENT,
      links: [{ spanId: send?.parentSpanId }],
      attributes: {
        'messaging.system': 'rabbitmq',
        'messaging.operation.name': 'send',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'inventory.events:inventory.reserved',
        'messaging.rabbitmq.destination.routing_key': 'inventory.reserved',
      },
    });
  });

  test('hold ids, never what an event or a request holds', () => {
    const said = JSON.stringify(receiver.spans.map(({ name, attributes }) => ({ name, attributes })));
    for (const personal of ['ada@example.com', 'Lovelace', 'customer-1', 'St James', 'pm_card'])
      expect(said).not.toContain(personal);
  });

  test('of probes and of the metrics there are none', async () => {
    for (const path of ['/health/ready', '/metrics']) await fetch(new URL(path, shop.service('order').url));
    const { id } = await shop.place();
    await complete(traceOf(id));
    expect(receiver.spans.filter(({ name }) => /health|metrics/.test(name))).toEqual([]);
  });
});
