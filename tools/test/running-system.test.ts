import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { operationsConfig } from '@quickstep/operations-service/service';
import { claim } from '../src/claim.js';
import { main } from '../src/demo.js';
import { reachedAt } from '../src/running-system.js';
import { operationsService, serviceNamed, specOf } from '../src/services.js';

const directory = mkdtempSync(join(tmpdir(), 'quickstep-running-'));
afterAll(() => rmSync(directory, { recursive: true }));
const before = { ...process.env };
beforeEach(() => {
  for (const name of ['ORDER_URL', 'SERVICE_URLS', 'ORDER_PORT', 'PORT_OFFSET', 'HOST']) delete process.env[name];
});
afterEach(() => {
  process.env = { ...before };
});

describe('where a service is reached', () => {
  const orders = serviceNamed('order-service');

  test('is where the running system has it, the standard port when none runs, and what the environment says before both', () => {
    expect(reachedAt(orders, directory)).toBe('http://127.0.0.1:3001');
    claim(directory, '', { 'order-service': 'http://127.0.0.1:3101' });
    expect(reachedAt(orders, directory)).toBe('http://127.0.0.1:3101');
    process.env.PORT_OFFSET = '200';
    expect(reachedAt(orders, directory)).toBe('http://127.0.0.1:3201');
    process.env.ORDER_URL = 'http://orders';
    expect(reachedAt(orders, directory)).toBe('http://orders');
  });
});

test('the operations service is told where services of other repositories are, as SERVICE_URLS names them', () => {
  process.env.SERVICE_URLS = 'fraud-service=http://127.0.0.1:3006, order-service=http://orders';
  const servers = { rabbitmqUrl: 'amqp://broker/v', postgresUrl: 'postgres://database/d', installationSecretFile: 'secret' };
  const { SERVICE_URLS = '' } = specOf({ service: operationsService, servers, directory }).env;
  const followed = operationsConfig({
    ...process.env,
    RABBITMQ_URL: servers.rabbitmqUrl,
    POSTGRES_URL: servers.postgresUrl,
    SERVICE_URLS,
  });
  expect(Object.fromEntries(followed.serviceUrls)).toMatchObject({
    'fraud-service': 'http://127.0.0.1:3006',
    'inventory-service': 'http://127.0.0.1:3002',
    'order-service': 'http://orders',
  });
});

test('a service that goes away during the demo is told of without a stack, with what to do', async () => {
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'secret');
  const server = createServer((request, response) => {
    if (request.method === 'POST') request.socket.destroy();
    else response.end('{"available":1}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  Object.assign(process.env, { ORDER_URL: url, INVENTORY_URL: url, INSTALLATION_SECRET_FILE: secret });
  const told: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => told.push(String(text)) > 0);
  const code = await main([]);
  write.mockRestore();
  server.close();
  expect({ code, told: told.join('').trim() }).toEqual({
    code: 1,
    told: expect.stringMatching(/^http:.*\/orders cannot be reached \(.+\)\. Is the system running\? npm start$/),
  });
});
