import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { entityOf, idempotencySecret } from '@quickstep/shared/db';
import { freshDatabase, freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import request from 'supertest';
import { v5 } from 'uuid';
import { Catalogue } from '../src/db/tables.js';
import { orderConfig, startOrderService } from '../src/service.js';
import { body } from './order-api.js';

let surroundings: Surroundings;
beforeAll(async () => {
  surroundings = await freshSurroundings();
});
afterAll(() => surroundings.drop());

type Service = Awaited<ReturnType<typeof startOrderService>>;

async function start(env = surroundings.env): Promise<Service> {
  const service = await startOrderService(orderConfig(env));
  const item = { sku: 'SKU-1', name: 'Item', unitPrice: 1_000, currency: 'EUR', revision: 1 };
  await service.dataSource.getRepository(entityOf(Catalogue)).upsert(item, ['sku']);
  return service;
}

async function place({ url }: Service): Promise<string> {
  return (await request(url).post('/orders').set('idempotency-key', 'order-1').send(body).expect(202)).body.id;
}

/** What anybody could compute who knows the program. */
const PUBLIC_NAMESPACE = '0f4c5f0e-6d0b-4d0c-9a39-4f6d0c6e7a51';

describe('the id of an order with an idempotency key', () => {
  test('is no function of what is public', async () => {
    const [one, elsewhere] = [await start(), await freshDatabase()];
    const other = await start({ ...surroundings.env, POSTGRES_URL: elsewhere.url });
    const [id, otherId] = [await place(one), await place(other)];
    expect(id).not.toBe(v5('order-1', PUBLIC_NAMESPACE));
    expect(otherId).not.toBe(id);
    await Promise.all([one.stop(), other.stop()]);
    await elsewhere.drop();
  });

  test('is the same at every replica, and after a restart', async () => {
    const replicas = await Promise.all([start(), start()]);
    const ids = await Promise.all(replicas.map(place));
    await Promise.all(replicas.map((service) => service.stop()));
    const restarted = await start();
    expect(new Set([...ids, await place(restarted)]).size).toBe(1);
    await restarted.stop();
  });

  test('is made with 256 bits that were made for this installation', async () => {
    const service = await start();
    const secret = await idempotencySecret(service.dataSource);
    expect(secret).toHaveLength(32);
    expect(await idempotencySecret(service.dataSource)).toEqual(secret);
    await service.stop();
  });
});
