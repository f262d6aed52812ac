import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import * as fc from 'fast-check';
import { type HostileMessage, hostileMessage } from './support/hostile.js';
import { type ServiceProcess, startProcess } from './support/process.js';
import { until } from './support/until.js';

/** `HOSTILE_MESSAGES=100000` for the long run. */
const MESSAGES = Number(process.env.HOSTILE_MESSAGES ?? 3_000);
const AT_ONCE = 100;

let surroundings: Surroundings;
let service: ServiceProcess;
let connection: ChannelModel;
let channel: ConfirmChannel;

/** How often each body was parked and each order was reserved, less what was expected: all must come to 0. */
class Balance {
  readonly #counts = new Map<string, number>();

  add(name: string, count: number): void {
    const sum = (this.#counts.get(name) ?? 0) + count;
    if (sum === 0) this.#counts.delete(name);
    else this.#counts.set(name, sum);
  }

  /** What is missing (negative) and what there was too much of. */
  get open(): string[] {
    return [...this.#counts].map(([name, count]) => `${count} x ${name}`);
  }
}

const parked = new Balance();
const reserved = new Balance();
let orders = 0;
let badOnes = 0;

beforeAll(async () => {
  surroundings = await freshSurroundings();
  // Nothing crashes here: whatever a busy machine takes its time to confirm must not be sent twice.
  service = await startProcess('inventory', { ...surroundings.env, SWEEP_AFTER_MS: '60000' });
  connection = await connect(surroundings.vhost.url, { noDelay: true, clientProperties: { connection_name: 'hostile' } });
  channel = await connection.createConfirmChannel();
  // What inventory says besides: somebody must want it.
  const { queue: others } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(others, 'inventory.events', 'inventory.item_changed');
  for (const sku of ['SKU-1', 'SKU-2']) {
    const item = { name: sku, unitPrice: 1_000, currency: 'EUR', onHand: 1_000_000_000 };
    const headers = { 'content-type': 'application/json' };
    await fetch(new URL(`/inventory/${sku}`, service.url), { method: 'PUT', headers, body: JSON.stringify(item) });
  }
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'inventory.events', 'inventory.reserved');
  await channel.consume(queue, (message) => reserved.add(JSON.parse(String(message?.content)).subject, 1), { noAck: true });
  await channel.prefetch(500);
  await channel.consume('inventory-service.dead-letter', (message) => {
    if (message === null) return;
    parked.add(message.content.toString('base64'), 1);
    channel.ack(message);
  });
});
afterAll(async () => {
  await service.kill();
  await connection.close();
  await surroundings.drop();
});

async function send(messages: readonly HostileMessage[]): Promise<void> {
  for (const { exchange, routingKey, content, options, ...expected } of messages) {
    for (const body of expected.parked) parked.add(body.toString('base64'), -1);
    for (const id of expected.orders) reserved.add(id, -1);
    badOnes += expected.parked.length;
    orders += expected.orders.length;
    channel.publish(exchange, routingKey, content, options);
  }
  await channel.waitForConfirms();
}

const readable = (open: readonly string[]) =>
  open.slice(0, 5).map((each) => {
    const [count, , body = ''] = each.split(' ');
    return `${count} x ${Buffer.from(body, 'base64').toString().slice(0, 300)}`;
  });

/** Nothing is missing. What comes too often is found at the end. */
async function allArrived(): Promise<void> {
  await until(
    async () => (parked.open.length === 0 && reserved.open.length === 0 ? true : undefined),
    () => `Parked: ${readable(parked.open).join('\n')}\nReserved: ${reserved.open.slice(0, 5)}`,
  );
}

test(`${MESSAGES} hostile messages: each bad one is parked once, each good order beside them is reserved once`, async () => {
  const several = fc.array(hostileMessage, { minLength: AT_ONCE, maxLength: AT_ONCE });
  const property = fc.asyncProperty(several, async (messages) => {
    await send(messages);
    await allArrived();
  });
  // The messages themselves would be megabytes.
  const reporter = ({ failed, seed, numRuns, errorInstance }: fc.RunDetails<[HostileMessage[]]>) => {
    if (failed) throw new Error(`Seed ${seed}, run ${numRuns}: ${errorInstance}`);
  };
  await fc.assert(property, { numRuns: Math.ceil(MESSAGES / AT_ONCE), endOnFailure: true, reporter });
}, 1_200_000);

test('a message of any size is parked whole', async () => {
  const way = { exchange: 'order.events', routingKey: 'order.created', orders: [] };
  const options = { persistent: true, contentType: 'application/cloudevents-batch+json' };
  const contents = [Buffer.from(`[${'{},'.repeat(199_999)}{}]`), Buffer.alloc(5_000_000, '['), Buffer.alloc(5_000_000, 0)];
  await send(contents.map((content) => ({ ...way, content, options, parked: [content] })));
  await allArrived();
});

test('and the service has come through: nothing is left over, nothing came twice, the stock adds up', async () => {
  expect((await fetch(new URL('/health/ready', service.url))).status).toBe(200);
  expect(await (await fetch(new URL('/inventory', service.url))).json()).toMatchObject({
    items: [
      { sku: 'SKU-1', reserved: 2 * orders },
      { sku: 'SKU-2', reserved: orders },
    ],
  });
  expect(await service.stop()).toBe(0);
  for (const queue of ['inventory-service', 'inventory-service.dead-letter', 'retry.20ms', 'retry.50ms', 'retry.100ms'])
    expect([queue, (await channel.checkQueue(queue)).messageCount]).toEqual([queue, 0]);
  expect(parked.open).toEqual([]);
  expect(reserved.open).toEqual([]);
  expect(orders).toBeGreaterThan(0);
  expect(badOnes).toBeGreaterThan(MESSAGES / 2);
});
