import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import request from 'supertest';
import { v7 } from 'uuid';
import { CatalogueItemEntity } from '../src/db/tables.js';
import { orderConfig, startOrderService } from '../src/service.js';

type Service = Awaited<ReturnType<typeof startOrderService>>;

let surroundings: Surroundings;
let service: Service;

beforeAll(async () => {
  surroundings = await freshSurroundings();
  service = await startOrderService(orderConfig(surroundings.env));
  const item = { name: 'Item', unitPrice: 1_000, currency: 'EUR', revision: 1 };
  await service.dataSource.getRepository(CatalogueItemEntity).insert([
    { ...item, sku: 'SKU-1' },
    { ...item, sku: 'SKU-2', unitPrice: 500 },
    { ...item, sku: 'DOLLAR', currency: 'USD' },
  ]);
});
afterAll(async () => {
  await service.stop();
  await surroundings.drop();
});

const shippingAddress = { name: 'Ada', line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' };
const body = {
  customerId: 'customer-1',
  items: [{ sku: 'SKU-1', quantity: 2 }],
  paymentMethod: 'pm_card_ok',
  shippingAddress,
  email: 'ada@example.com',
};
const line = (properties: object) => ({ ...body, items: [{ sku: 'SKU-1', quantity: 1, ...properties }] });
const to = (properties: object) => ({ ...body, shippingAddress: { ...shippingAddress, ...properties } });
const without = (field: keyof typeof body) => {
  const { [field]: _missing, ...rest } = body;
  return rest;
};

const api = () => request(service.url);
const place = (given: object = body, headers: Record<string, string> = {}) => api().post('/orders').set(headers).send(given);
const countOrders = async () => {
  const summary: Record<string, number> = (await api().get('/orders/summary').expect(200)).body;
  return Object.values(summary).reduce((sum, count) => sum + count, 0);
};

describe('POST /orders', () => {
  test('answers 202 with the priced order and where to find it', async () => {
    const { status, headers, body: order } = await place();
    expect(status).toBe(202);
    expect(headers.location).toBe(`/orders/${order.id}`);
    expect(headers['content-type']).toBe('application/json');
    expect(order).toMatchObject({
      status: 'PENDING',
      total: 2_000,
      currency: 'EUR',
      items: [{ sku: 'SKU-1', quantity: 2, unitPrice: 1_000 }],
      email: 'ada@example.com',
      placedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect((await api().get(`/orders/${order.id}`).expect(200)).body).toEqual(order);
    expect((await api().get(`/orders/${order.id.toUpperCase()}`).expect(200)).body.id).toBe(order.id);
  });

  test('takes names of every script and keeps them as they are', async () => {
    const name = 'Åsa 山田 🙂 "\\ \'; drop table orders; --';
    const { body: order } = await place(to({ name })).expect(202);
    expect((await api().get(`/orders/${order.id}`)).body.shippingAddress.name).toBe(name);
  });

  const long = (length: number) => 'x'.repeat(length);
  test.each<[string, object, string[]]>([
    ['nothing', {}, ['/customerId', '/items', '/paymentMethod', '/shippingAddress']],
    ['no customer', without('customerId'), ['/customerId']],
    ['a customer of the wrong type', { ...body, customerId: 7 }, ['/customerId']],
    ['an empty customer', { ...body, customerId: '' }, ['/customerId']],
    ['too long a customer', { ...body, customerId: long(65) }, ['/customerId']],
    ['control characters', { ...body, customerId: 'a\u0000b' }, ['/customerId']],
    ['no items', { ...body, items: [] }, ['/items']],
    ['items of the wrong type', { ...body, items: 'SKU-1' }, ['/items']],
    ['too many items', { ...body, items: Array.from({ length: 101 }, () => body.items[0]) }, ['/items']],
    ['an item that is none', { ...body, items: [null] }, ['/items/0']],
    ['a quantity of zero', line({ quantity: 0 }), ['/items/0/quantity']],
    ['a negative quantity', line({ quantity: -1 }), ['/items/0/quantity']],
    ['a huge quantity', line({ quantity: 10_001 }), ['/items/0/quantity']],
    ['half a unit', line({ quantity: 1.5 }), ['/items/0/quantity']],
    ['a quantity in words', line({ quantity: '1' }), ['/items/0/quantity']],
    ['a SKU of the wrong shape', line({ sku: 'sku one' }), ['/items/0/sku']],
    ['an unknown SKU', line({ sku: 'NONE' }), ['/items/0/sku']],
    ['a SKU twice', { ...body, items: [body.items[0], body.items[0]] }, ['/items/1/sku']],
    ['two currencies', { ...body, items: [body.items[0], { sku: 'DOLLAR', quantity: 1 }] }, ['/items']],
    ['a price of its own', line({ unitPrice: 1 }), ['/items/0/unitPrice']],
    ['an unknown field', { ...body, total: 1 }, ['/total']],
    ['a card number', { ...body, paymentMethod: '4111111111111111' }, ['/paymentMethod']],
    ['no address', without('shippingAddress'), ['/shippingAddress']],
    ['an unknown country', to({ country: 'XX' }), ['/shippingAddress/country']],
    ['too long a name', to({ name: long(101) }), ['/shippingAddress/name']],
    ['an unknown part of the address', to({ planet: 'Earth' }), ['/shippingAddress/planet']],
    ['a wrong email', { ...body, email: 'nobody' }, ['/email']],
    [
      'several things wrong',
      { ...line({ quantity: 0 }), email: 'x', customerId: '' },
      ['/customerId', '/email', '/items/0/quantity'],
    ],
  ])('refuses %s, names each wrong field and changes nothing', async (_, wrong, pointers) => {
    const before = await countOrders();
    const { status, headers, body: problem } = await place(wrong);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 422, type: 'application/problem+json' });
    expect(problem).toMatchObject({
      type: 'urn:quickstep:problem:invalid_request',
      status: 422,
      code: 'invalid_request',
      title: expect.any(String),
      detail: expect.any(String),
      instance: '/orders',
    });
    const named: { pointer: string; detail: string }[] = problem.errors;
    expect([...new Set(named.map(({ pointer }) => pointer))].sort()).toEqual(pointers);
    expect(await countOrders()).toBe(before);
  });

  test.each<[string, string, Record<string, string>, number, string]>([
    ['malformed JSON', '{"customerId":', {}, 400, 'malformed_json'],
    ['no object', '[]', {}, 422, 'invalid_request'],
    ['a text', '"order"', {}, 400, 'malformed_json'],
    [
      'another content type',
      'customerId=1',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    ['no content type', '{}', { 'content-type': '' }, 415, 'unsupported_media_type'],
    ['an unknown charset', '{}', { 'content-type': 'application/json; charset=ebcdic' }, 415, 'unsupported_media_type'],
    ['a compressed body', '{}', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['too large a body', JSON.stringify({ ...body, note: long(70_000) }), {}, 413, 'body_too_large'],
  ])('refuses %s', async (_, text, headers, status, code) => {
    const before = await countOrders();
    const answer = await fetch(new URL('/orders', service.url), {
      method: 'POST',
      body: new TextEncoder().encode(text),
      headers: Object.entries({ 'content-type': 'application/json', ...headers }).filter(([, value]) => value !== ''),
    });
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
      status,
      type: 'application/problem+json',
    });
    expect(JSON.parse(await answer.text())).toMatchObject({ status, code });
    expect(await countOrders()).toBe(before);
  });
});

describe('Idempotency-Key', () => {
  const keyed = (key: string, given: object = body) => place(given, { 'Idempotency-Key': key });

  test('same key and body: the same answer, and one order', async () => {
    const key = v7();
    const first = await keyed(key).expect(202);
    const before = await countOrders();
    const again = await keyed(key).expect(202);
    expect(again.body).toEqual(first.body);
    expect(again.headers.location).toBe(first.headers.location);
    expect(await countOrders()).toBe(before);
  });

  test('twenty at once: the same answer, and one order', async () => {
    const key = v7();
    const before = await countOrders();
    const answers = await Promise.all(Array.from({ length: 20 }, () => keyed(key)));
    expect(new Set(answers.map(({ status, body: order }) => `${status} ${order.id}`)).size).toBe(1);
    expect(await countOrders()).toBe(before + 1);
  });

  test('same key, other body: 422', async () => {
    const key = v7();
    await keyed(key).expect(202);
    const before = await countOrders();
    const { status, body: problem } = await keyed(key, line({ quantity: 9 }));
    expect({ status, code: problem.code }).toEqual({ status: 422, code: 'idempotency_key_reused' });
    expect(await countOrders()).toBe(before);
  });

  test('a refused request does not use its key up', async () => {
    const key = v7();
    await keyed(key, line({ quantity: 0 })).expect(422);
    await keyed(key, line({ sku: 'NONE' })).expect(422);
    await keyed(key).expect(202);
  });

  test.each([['x'.repeat(256)], ['with space']])('must be a short visible text', async (key) => {
    const { status, body: problem } = await keyed(key);
    expect({ status, code: problem.code }).toEqual({ status: 422, code: 'invalid_request' });
  });
});

describe('reading orders', () => {
  test('lists the newest first, page by page, each order once', async () => {
    const customerId = v7();
    const placed: string[] = [];
    for (let index = 0; index < 5; index++) placed.push((await place({ ...body, customerId }).expect(202)).body.id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { customerId, limit: 2, ...(cursor === undefined ? {} : { cursor }) };
      const { body: page } = await api().get('/orders').query(query).expect(200);
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map((order: { id: string }) => order.id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(placed.toReversed());
  });

  test('filters by status and customer', async () => {
    const customerId = v7();
    const { body: order } = await place({ ...body, customerId }).expect(202);
    const listed = async (query: object) => (await api().get('/orders').query(query).expect(200)).body.items;
    expect(await listed({ customerId, status: 'PENDING' })).toEqual([order]);
    expect(await listed({ customerId, status: 'COMPLETED' })).toEqual([]);
    expect(await listed({ customerId, stuck: true })).toEqual([]);
    await api().post(`/orders/${order.id}/cancel`).expect(202);
    expect(await listed({ customerId, status: 'CANCELLING' })).toMatchObject([{ id: order.id }]);
  });

  test.each<[string, object, string]>([
    ['an unknown status', { status: 'LOST' }, '/status'],
    ['a limit of zero', { limit: 0 }, '/limit'],
    ['a huge limit', { limit: 100_000 }, '/limit'],
    ['a limit that is no number', { limit: 'many' }, '/limit'],
    ['a cursor of its own making', { cursor: 'x' }, '/cursor'],
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

  test('tells the history of an order as CloudEvents', async () => {
    const { body: order } = await place().expect(202);
    const { body: events } = await api().get(`/orders/${order.id}/events`).expect(200);
    expect(events).toMatchObject([
      { specversion: '1.0', type: 'order.created', subject: order.id, correlationid: order.id, data: { total: 2_000 } },
    ]);
  });

  test.each(['/orders/not-an-id', `/orders/${v7()}`, `/orders/${v7()}/events`, '/orders/not-an-id/events', '/nowhere', '/'])(
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
    ['an order that does not exist', v7(), {}, 404, 'order_not_found'],
    ['an id that is none', 'not-an-id', {}, 422, 'invalid_request'],
    ['an empty reason', v7(), { reason: '' }, 422, 'invalid_request'],
    ['an unknown field', v7(), { because: 'x' }, 422, 'invalid_request'],
  ])('refuses %s', async (_, id, given, status, code) => {
    const answer = await api().post(`/orders/${id}/cancel`).send(given);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
  });
});

describe('what every service answers', () => {
  test.each([
    ['put', '/orders', 'GET, HEAD, OPTIONS, POST'],
    ['delete', `/orders/${v7()}`, 'GET, HEAD, OPTIONS'],
    ['get', `/orders/${v7()}/cancel`, 'OPTIONS, POST'],
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

  test('whether it is ready: not while nobody wants its events', async () => {
    const { status, body: problem } = await api().get('/health/ready');
    expect({ status, code: problem.code }).toEqual({ status: 503, code: 'unavailable' });
    expect(problem.errors).toEqual([{ pointer: '/checks/routing', detail: expect.stringContaining('order.created') }]);
  });

  test('its metrics', async () => {
    const { text } = await api().get('/metrics').expect(200);
    expect(text).toMatch(/^quickstep_messages_total\{.*step="placeOrder",outcome="done".*\} \d+$/m);
    expect(text).toMatch(/^quickstep_stuck_orders\{.*\} 0$/m);
  });

  test('a document of every route', async () => {
    const { body: document } = await api().get('/openapi.json').expect(200);
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/health/live',
      '/health/ready',
      '/metrics',
      '/openapi.json',
      '/orders',
      '/orders/summary',
      '/orders/{orderId}',
      '/orders/{orderId}/cancel',
      '/orders/{orderId}/events',
    ]);
    expect(document.paths['/orders'].post.requestBody.content['application/json'].schema.required).toContain('items');
  });
});
