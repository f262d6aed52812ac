import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import request from 'supertest';
import { inventoryConfig, startInventoryService } from '../src/service.js';

type Service = Awaited<ReturnType<typeof startInventoryService>>;

let surroundings: Surroundings;
let service: Service;

beforeAll(async () => {
  surroundings = await freshSurroundings();
  service = await startInventoryService(inventoryConfig(surroundings.env));
});
afterAll(async () => {
  await service.stop();
  await surroundings.drop();
});

const mug = { name: 'Mug', unitPrice: 1_450, currency: 'EUR', onHand: 10 };

const api = () => request(service.url);
const put = (sku: string, item: object) => api().put(`/inventory/${sku}`).send(item);
const adjust = (sku: string, adjustment: object) => api().post(`/inventory/${sku}/adjustments`).send(adjustment);
const shelves = async () => (await api().get('/inventory').query({ limit: 1_000 }).expect(200)).body.items;

describe('PUT /inventory/{sku}', () => {
  test('creates an item, then changes it', async () => {
    const { body: created } = await put('MUG', mug).expect(201);
    expect(created).toEqual({
      sku: 'MUG',
      name: 'Mug',
      unitPrice: 1_450,
      currency: 'EUR',
      available: 10,
      reserved: 0,
      onHand: 10,
      revision: 1,
    });
    const { body: changed } = await put('MUG', { ...mug, unitPrice: 1_500 }).expect(200);
    expect(changed).toEqual({ ...created, unitPrice: 1_500, revision: 2 });
    expect((await api().get('/inventory/MUG').expect(200)).body).toEqual(changed);
  });

  test('of two editors who have seen the same item one is refused', async () => {
    const { etag } = (await put('LAMP', mug).expect(201)).headers;
    expect(etag).toBe('"1"');
    expect((await api().get('/inventory/LAMP').expect(200)).headers.etag).toBe(etag);
    const edit = (unitPrice: number, tag: string) => put('LAMP', { ...mug, unitPrice }).set('if-match', tag);
    expect((await edit(1_500, etag ?? '').expect(200)).headers.etag).toBe('"2"');
    const refused = await edit(1_400, etag ?? '').expect(412);
    expect(refused.headers['content-type']).toBe('application/problem+json');
    expect(refused.body).toMatchObject({ code: 'revision_changed', title: 'Precondition failed' });
    expect((await api().get('/inventory/LAMP').expect(200)).body).toMatchObject({ unitPrice: 1_500, revision: 2 });
    await edit(1_600, '"1", "2"').expect(200);
    await edit(1_700, '*').expect(200);
    for (const other of ['W/"4"', '"44,4"', '"*"']) await edit(1_800, other).expect(412);
    await edit(1_800, '4').expect(422);
  });

  test('an item that somebody means to change is not made', async () => {
    await put('GONE', mug).set('if-match', '*').expect(412);
    await api().get('/inventory/GONE').expect(404);
  });

  test('leaves the level alone when it is not mentioned', async () => {
    await put('CUP', { ...mug, onHand: 7 }).expect(201);
    const { onHand: _without, ...shown } = mug;
    expect((await put('CUP', { ...shown, name: 'Cup' }).expect(200)).body).toMatchObject({
      name: 'Cup',
      onHand: 7,
      available: 7,
    });
  });

  test.each<[string, string, object, string[]]>([
    ['nothing', 'NEW', {}, ['/currency', '/name', '/unitPrice']],
    ['a negative price', 'NEW', { ...mug, unitPrice: -1 }, ['/unitPrice']],
    ['a price in parts of a cent', 'NEW', { ...mug, unitPrice: 14.5 }, ['/unitPrice']],
    ['a price in words', 'NEW', { ...mug, unitPrice: '1450' }, ['/unitPrice']],
    ['a huge price', 'NEW', { ...mug, unitPrice: 1_000_000_001 }, ['/unitPrice']],
    ['a currency that is none', 'NEW', { ...mug, currency: 'euro' }, ['/currency']],
    ['a negative level', 'NEW', { ...mug, onHand: -1 }, ['/onHand']],
    ['a huge level', 'NEW', { ...mug, onHand: 1_000_000_001 }, ['/onHand']],
    ['an empty name', 'NEW', { ...mug, name: ' ' }, ['/name']],
    ['too long a name', 'NEW', { ...mug, name: 'x'.repeat(201) }, ['/name']],
    ['an unknown field', 'NEW', { ...mug, reserved: 0 }, ['/reserved']],
    ['a SKU of the wrong shape', 'new-one', mug, ['/sku']],
    ['too long a SKU', 'X'.repeat(33), mug, ['/sku']],
  ])('refuses %s and changes nothing', async (_, sku, item, pointers) => {
    const before = await shelves();
    const { status, headers, body: problem } = await put(sku, item);
    expect({ status, type: headers['content-type'], code: problem.code }).toEqual({
      status: 422,
      type: 'application/problem+json',
      code: 'invalid_request',
    });
    const named: { pointer: string }[] = problem.errors;
    expect([...new Set(named.map(({ pointer }) => pointer))].sort()).toEqual(pointers);
    expect(await shelves()).toEqual(before);
  });

  test.each<[string, string, string, number, string]>([
    ['malformed JSON', '{"name":', 'application/json', 400, 'malformed_json'],
    ['another content type', '<item/>', 'text/xml', 415, 'unsupported_media_type'],
    ['too large a body', JSON.stringify({ ...mug, note: 'x'.repeat(70_000) }), 'application/json', 413, 'body_too_large'],
  ])('refuses %s', async (_, text, type, status, code) => {
    const answer = await api().put('/inventory/NEW').set('content-type', type).send(text);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    await api().get('/inventory/NEW').expect(404);
  });
});

describe('POST /inventory/{sku}/adjustments', () => {
  test('adds to what is on hand, and takes from it', async () => {
    await put('BOWL', mug).expect(201);
    expect((await adjust('BOWL', { delta: 5, reason: 'Delivery' }).expect(200)).body).toMatchObject({
      onHand: 15,
      available: 15,
    });
    expect((await adjust('BOWL', { delta: -15, reason: 'Breakage' }).expect(200)).body).toMatchObject({
      onHand: 0,
      available: 0,
    });
  });

  test.each<[string, string, object, number, string]>([
    ['more than is available', 'MUG', { delta: -11, reason: 'Breakage' }, 409, 'insufficient_stock'],
    ['an item that does not exist', 'NONE', { delta: 1, reason: 'Delivery' }, 404, 'item_not_found'],
    ['an item that cannot be', 'not-a-sku', { delta: 1, reason: 'Delivery' }, 404, 'not_found'],
    ['half a unit', 'MUG', { delta: 0.5, reason: 'Half' }, 422, 'invalid_request'],
    ['no reason', 'MUG', { delta: 1 }, 422, 'invalid_request'],
    ['an empty reason', 'MUG', { delta: 1, reason: '' }, 422, 'invalid_request'],
    ['a huge delta', 'MUG', { delta: 1e12, reason: 'Much' }, 422, 'invalid_request'],
    ['an unknown field', 'MUG', { delta: 1, reason: 'x', by: 'me' }, 422, 'invalid_request'],
  ])('refuses %s and changes nothing', async (_, sku, adjustment, status, code) => {
    await put('MUG', mug);
    const before = await shelves();
    const { status: answered, body: problem } = await adjust(sku, adjustment);
    expect({ status: answered, code: problem.code }).toEqual({ status, code });
    expect(await shelves()).toEqual(before);
  });

  test('two equal ones under one request id are two: it correlates, and is no idempotency key', async () => {
    await put('JAR', mug).expect(201);
    const deliver = () => adjust('JAR', { delta: 1, reason: 'Delivery' }).set('x-request-id', 'delivery-7').expect(200);
    expect((await deliver()).body).toMatchObject({ onHand: 11 });
    const second = await deliver();
    expect(second.body).toMatchObject({ onHand: 12 });
    expect(second.headers['x-request-id']).toBe('delivery-7');
  });

  test('one under an idempotency key is made once; another under it is refused', async () => {
    await put('POT', mug).expect(201);
    const keyed = (delta: number) => adjust('POT', { delta, reason: 'Delivery' }).set('idempotency-key', 'delivery-8');
    for (const _ of [1, 2]) expect((await keyed(3).expect(200)).body).toMatchObject({ onHand: 13 });
    expect((await keyed(4).expect(422)).body).toMatchObject({ code: 'idempotency_key_reused' });
  });

  test('of many clients at once add up', async () => {
    await put('VASE', { ...mug, onHand: 0 }).expect(201);
    await Promise.all(Array.from({ length: 30 }, () => adjust('VASE', { delta: 1, reason: 'Delivery' }).expect(200)));
    expect((await api().get('/inventory/VASE')).body).toMatchObject({ onHand: 30, available: 30 });
  });
});

describe('reading', () => {
  test('lists the catalogue by SKU, page by page', async () => {
    for (const sku of ['PAGE-3', 'PAGE-1', 'PAGE-2']) await put(sku, mug);
    const { body: first } = await api().get('/inventory').query({ limit: 2 }).expect(200);
    expect(first.items).toHaveLength(2);
    const seen: string[] = first.items.map((item: { sku: string }) => item.sku);
    for (let cursor = first.nextCursor; cursor !== undefined; ) {
      const { body: page } = await api().get('/inventory').query({ limit: 2, cursor }).expect(200);
      seen.push(...page.items.map((item: { sku: string }) => item.sku));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual((await shelves()).map((item: { sku: string }) => item.sku));
    expect(seen).toEqual(seen.toSorted());
  });

  test.each(['/inventory/NONE', '/inventory/not%20a%20sku', '/inventory/%E0%A4%A', '/nowhere'])(
    'answers %s with a problem',
    async (path) => {
      const { status, headers } = await api().get(path);
      expect([400, 404]).toContain(status);
      expect(headers['content-type']).toBe('application/problem+json');
    },
  );

  test('refuses a wrong method, and says what is allowed', async () => {
    const { status, headers } = await api().delete('/inventory/MUG');
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD, OPTIONS, PUT' });
  });

  test('documents every route', async () => {
    const { body: document } = await api().get('/openapi.json').expect(200);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/inventory', '/inventory/{sku}', '/inventory/{sku}/adjustments', '/health/ready']),
    );
  });
});
