import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { OrderService } from '../src/order-service.js';

let server: Server;
afterEach(() => new Promise<unknown>((resolve) => server.close(resolve)));

async function answering(status: number, body: object): Promise<OrderService> {
  server = createServer((_request, response) => response.writeHead(status, { connection: 'close' }).end(JSON.stringify(body)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = Object(server.address());
  return new OrderService(`http://127.0.0.1:${port}`);
}

test('an order that the order service does not know is told from one that it refuses to cancel', async () => {
  const without = await answering(404, { code: 'order_not_found', detail: 'There is no order of this id' });
  expect(await without.cancel('an-order', undefined)).toBeUndefined();
});

test('an order that cannot be cancelled is refused with what the order service says', async () => {
  const refusing = await answering(409, { code: 'order_ended', detail: 'It has been delivered' });
  expect(await refusing.cancel('an-order', undefined)).toEqual({ accepted: false, detail: 'It has been delivered' });
});

test('a 404 of whatever else answers there says nothing about the order', async () => {
  const other = await answering(404, { detail: 'Nothing here' });
  expect(await other.cancel('an-order', undefined)).toEqual({ accepted: false, detail: 'Nothing here' });
});
