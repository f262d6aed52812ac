import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { servicesWithin } from '../src/ops/reconcile.js';
import { Problem } from '../src/problem.js';

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

test.each<[string, (response: ServerResponse) => void]>([
  ['before it answers', () => undefined],
  ['half-way through its answer', (response) => void response.writeHead(200).write('{"items": [')],
])('a service that stalls %s is named, and what to do', async (_when, stall) => {
  const server = createServer((_, response) => stall(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  process.env.PAYMENT_URL = url;
  const error: unknown = await servicesWithin(200)('payment-service', '/payments').catch((reason: unknown) => reason);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({
    message: `payment-service did not answer ${url}/payments within 0.2 s. See whether it is well (${url}/health/ready), and try again.`,
  });
});
