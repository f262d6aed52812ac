import { describe, expect, test } from '@jest/globals';
import { newId } from '@quickstep/shared/service';
import { until } from '@quickstep/shared/testing';
import { api, body, place, startOrderApi } from './order-api.js';

startOrderApi();

const cursorOf = (key: string) => Buffer.from(key).toString('base64url');

interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor?: string;
}

/** The ids of all orders that the query finds, page by page. @param between is awaited after each page */
async function listed(
  query: { readonly limit: number; readonly customerId?: string },
  between = async () => {},
): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { body: page }: { body: Page } = await api()
      .get('/orders')
      .query({ ...query, ...(cursor === '' ? {} : { cursor }) })
      .expect(200);
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    await between();
  }
  return seen;
}

describe('reading orders', () => {
  test('lists the newest first, page by page, whether or not they came with an Idempotency-Key', async () => {
    const customerId = newId();
    const placed: string[] = [];
    for (let index = 0; index < 8; index++) {
      const key = index % 2 === 0 ? {} : { 'idempotency-key': `${customerId}-${index}` };
      placed.push((await place({ ...body, customerId }, key).expect(202)).body.id);
      // The newest of all, too.
      expect((await api().get('/orders?limit=1').expect(200)).body.items).toMatchObject([{ id: placed[index] }]);
    }
    expect(await listed({ customerId, limit: 3 })).toEqual(placed.toReversed());
  });

  test('yields each order once while others are placed, also orders of the same time', async () => {
    const keyed = (key: string) => place(body, { 'idempotency-key': `crowd-${key}` }).expect(202);
    // Those of one batch are placed at the same time.
    const crowd = await Promise.all(Array.from({ length: 120 }, (_, index) => (index % 2 === 0 ? keyed(`${index}`) : place())));
    let later = 0;
    const seen = await listed({ limit: 7 }, async () => {
      await keyed(`later-${later++}`);
    });
    expect(new Set(seen).size).toBe(seen.length);
    expect(crowd.map(({ body: order }) => order.id).filter((id) => !seen.includes(id))).toEqual([]);
    expect(later).toBeGreaterThan(17);
  });

  test('filters by status and customer', async () => {
    const customerId = newId();
    const { body: order } = await place({ ...body, customerId }).expect(202);
    const found = async (query: object) => (await api().get('/orders').query(query).expect(200)).body.items;
    expect(await found({ customerId, status: 'PENDING' })).toEqual([order]);
    expect(await found({ customerId, status: 'COMPLETED' })).toEqual([]);
    expect(await found({ customerId, stuck: true })).toEqual([]);
    await api().post(`/orders/${order.id}/cancel`).expect(202);
    expect(await found({ customerId, status: 'CANCELLING' })).toMatchObject([{ id: order.id }]);
  });

  test.each<[string, object, string]>([
    ['an unknown status', { status: 'LOST' }, '/status'],
    ['a limit of zero', { limit: 0 }, '/limit'],
    ['a huge limit', { limit: 100_000 }, '/limit'],
    ['a limit that is no number', { limit: 'many' }, '/limit'],
    ['a cursor of its own making', { cursor: 'x' }, '/cursor'],
    ['a cursor of lists by id', { cursor: cursorOf(newId()) }, '/cursor'],
    ['a cursor without an id', { cursor: cursorOf('1764000000000 x') }, '/cursor'],
    ['a cursor beyond all time', { cursor: cursorOf(`999999999999999 ${newId()}`) }, '/cursor'],
    ['an unknown parameter', { page: 2 }, '/page'],
  ])('refuses %s', async (_, query, pointer) => {
    const { status, body: problem } = await api().get('/orders').query(query);
    expect({ status, code: problem.code }).toEqual({ status: 422, code: 'invalid_request' });
    expect(problem.errors).toContainEqual(expect.objectContaining({ pointer }));
  });

  test('counts per status, those without orders too', async () => {
    const { body: summary } = await api().get('/orders/summary').expect(200);
    expect(Object.keys(summary).sort()).toEqual(['CANCELLED', 'CANCELLING', 'COMPLETED', 'PAID', 'PENDING', 'RESERVED']);
    const before = summary.PENDING;
    await place().expect(202);
    expect((await api().get('/orders/summary')).body.PENDING).toBe(before + 1);
  });

  test.each(['/orders/not-an-id', `/orders/${newId()}`, `/orders/${newId()}/events`, '/nowhere', '/'])(
    'answers 404 for %s',
    async (path) => {
      const { status, headers, body: problem } = await api().get(path);
      expect({ status, type: headers['content-type'] }).toEqual({ status: 404, type: 'application/problem+json' });
      expect(problem).toMatchObject({ code: 'not_found', instance: path });
    },
  );
});

describe('POST /orders/{id}/cancel', () => {
  test('asks for the cancellation, with or without a reason, and again', async () => {
    const { body: order } = await place().expect(202);
    const { body: asked } = await api().post(`/orders/${order.id}/cancel`).send({ reason: 'Found it cheaper' }).expect(202);
    expect(asked).toMatchObject({ id: order.id, status: 'CANCELLING', reason: 'Found it cheaper' });
    expect((await api().post(`/orders/${order.id}/cancel`).expect(202)).body.reason).toBe('Found it cheaper');
  });

  test.each<[string, string, object, number, string]>([
    ['an order that does not exist', newId(), {}, 404, 'order_not_found'],
    ['an id that is none', 'not-an-id', {}, 404, 'not_found'],
    ['an empty reason', newId(), { reason: '' }, 422, 'invalid_request'],
    ['an unknown field', newId(), { because: 'x' }, 422, 'invalid_request'],
  ])('refuses %s', async (_, id, given, status, code) => {
    const answer = await api().post(`/orders/${id}/cancel`).send(given);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
  });
});

describe('what every service answers', () => {
  test.each([
    ['put', '/orders', 'GET, HEAD, OPTIONS, POST'],
    ['delete', `/orders/${newId()}`, 'GET, HEAD, OPTIONS'],
    ['get', `/orders/${newId()}/cancel`, 'OPTIONS, POST'],
  ] as const)('405 for %s %s, with what is allowed', async (method, path, allow) => {
    const { status, headers, body: problem } = await api()[method](path);
    expect({ status, allow: headers.allow, code: problem.code }).toEqual({ status: 405, allow, code: 'method_not_allowed' });
  });

  test('the request id that it was given, or a new one', async () => {
    const given = await api().get('/health/live').set('x-request-id', 'request-7').expect(200);
    expect(given.headers['x-request-id']).toBe('request-7');
    const made = await api().get('/health/live').set('x-request-id', 'no token at all').expect(200);
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('whether it can publish: not while nobody wants its events, though it takes commands', async () => {
    await place().expect(202);
    const ready = () => api().get('/health/ready?of=publishing');
    const answer = await until(
      async () => {
        const given = await ready();
        return given.text.includes('order.created') ? given : undefined;
      },
      () => 'Nobody has told it that its event went nowhere',
    );
    const { status, body: problem } = answer;
    expect({ status, code: problem.code }).toEqual({ status: 503, code: 'unavailable' });
    expect(problem.errors).toEqual([{ pointer: '/checks/routing', detail: expect.stringContaining('order.created') }]);
    expect((await api().get('/health/ready').expect(200)).body.failing).toMatchObject([{ name: 'routing', of: 'publishing' }]);
  });

  test('its metrics', async () => {
    const { text } = await api().get('/metrics').expect(200);
    expect(text).toMatch(/^quickstep_messages_total\{.*step="placeOrder",result="done",outcome="placed".*\} \d+$/m);
    expect(text).toMatch(/^quickstep_stuck_orders\{.*\} 0$/m);
  });

  test('a document of every route', async () => {
    const { body: document } = await api().get('/openapi.json').expect(200);
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/health/live',
      '/health/ready',
      '/inbox',
      '/inbox/digest',
      '/log',
      '/metrics',
      '/openapi.json',
      '/orders',
      '/orders/summary',
      '/orders/{orderId}',
      '/orders/{orderId}/cancel',
    ]);
    const { schema } = document.paths['/orders'].post.requestBody.content['application/json'];
    expect(schema).toEqual({ $ref: '#/components/schemas/PlaceOrder' });
    expect(document.components.schemas.PlaceOrder.required).toContain('items');
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Order', 'OrderLine', 'OrderPage', 'OrderStatus']),
    );
  });
});
