import { describe, expect, test } from '@jest/globals';
import { newId } from '@quickstep/shared/service';
import { api, body, place, shippingAddress, startOrderApi, url } from './order-api.js';

startOrderApi();

const line = (properties: object) => ({ ...body, items: [{ sku: 'SKU-1', quantity: 1, ...properties }] });
const to = (properties: object) => ({ ...body, shippingAddress: { ...shippingAddress, ...properties } });
const without = (field: keyof typeof body) => {
  const { [field]: _missing, ...rest } = body;
  return rest;
};

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
    const answer = await fetch(new URL('/orders', url()), {
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
    const key = newId();
    const first = await keyed(key).expect(202);
    const before = await countOrders();
    const again = await keyed(key).expect(202);
    expect(again.body).toEqual(first.body);
    expect(again.headers.location).toBe(first.headers.location);
    expect(await countOrders()).toBe(before);
  });

  test('twenty at once: the same answer, and one order', async () => {
    const key = newId();
    const before = await countOrders();
    const answers = await Promise.all(Array.from({ length: 20 }, () => keyed(key)));
    expect(new Set(answers.map(({ status, body: order }) => `${status} ${order.id}`)).size).toBe(1);
    expect(await countOrders()).toBe(before + 1);
  });

  test('same key, other body: 422', async () => {
    const key = newId();
    await keyed(key).expect(202);
    const before = await countOrders();
    const { status, body: problem } = await keyed(key, line({ quantity: 9 }));
    expect({ status, code: problem.code }).toEqual({ status: 422, code: 'idempotency_key_reused' });
    expect(await countOrders()).toBe(before);
  });

  test('a refused request does not use its key up', async () => {
    const key = newId();
    await keyed(key, line({ quantity: 0 })).expect(422);
    await keyed(key, line({ sku: 'NONE' })).expect(422);
    await keyed(key).expect(202);
  });

  test.each([['x'.repeat(256)], ['with space']])('must be a short visible text', async (key) => {
    const { status, body: problem } = await keyed(key);
    expect({ status, code: problem.code }).toEqual({ status: 422, code: 'invalid_request' });
  });
});
