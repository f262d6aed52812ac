import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { choreography, layoutOf, topologyOf } from '@quickstep/shared/choreography';
import { OrderCreated } from '@quickstep/shared/contracts';
import { BrokerRefused, checkLayout, declareTopology, isMissing } from '@quickstep/shared/messaging';
import { freshVhost, type Vhost } from '@quickstep/shared/testing';
import { Opened, topology } from './harness.js';

let vhost: Vhost;
const opened = new Opened(() => vhost);

beforeAll(async () => {
  vhost = await freshVhost();
});
afterEach(() => opened.closeAll());
afterAll(() => vhost.drop());

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
}

interface ListedBinding {
  readonly source: string;
  readonly destination: string;
  readonly routing_key: string;
}

/** Every binding but those that each queue has to the default exchange. */
async function bindings(): Promise<string[]> {
  const listed = await vhost.api<ListedBinding[]>('/bindings/{vhost}');
  const own = listed.filter(({ source }) => source !== '');
  return own.map(({ source, routing_key, destination }) => `${source} ${routing_key} ${destination}`).sort();
}

describe('declareTopology', () => {
  test('declares queues, exchanges and bindings as documented, and does so again without complaint', async () => {
    const channel = await opened.observerChannel();
    await declareTopology(channel, topology);
    await declareTopology(channel, topology);

    const queues = await vhost.api<Listed[]>('/queues/{vhost}');
    const atLeastOnce = { 'x-queue-type': 'quorum', 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };
    const back = { ...atLeastOnce, 'x-dead-letter-exchange': 'redeliver' };
    expect(Object.fromEntries(queues.map((queue) => [queue.name, queue.arguments]))).toEqual({
      'stock-service': {
        ...atLeastOnce,
        'x-dead-letter-exchange': 'dead-letter',
        'x-dead-letter-routing-key': 'stock-service',
        'x-delivery-limit': 100,
      },
      'retry.50ms': { ...back, 'x-message-ttl': 50 },
      'retry.100ms': { ...back, 'x-message-ttl': 100 },
      'stock-service.dead-letter': { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000 },
    });
    const exchanges = await vhost.api<Listed[]>('/exchanges/{vhost}');
    const own = exchanges.filter(({ name }) => name !== '' && !name.startsWith('amq.'));
    expect(own.map(({ name, type, durable }) => ({ name, type, durable }))).toEqual(
      ['dead-letter', 'inventory.events', 'log', 'notification.events', 'order.events', 'redeliver', 'retry'].map((name) => ({
        name,
        type: 'topic',
        durable: true,
      })),
    );
    expect(await bindings()).toEqual([
      'dead-letter *.stock-service stock-service.dead-letter',
      'dead-letter stock-service stock-service.dead-letter',
      'log *.stock-service stock-service',
      'order.events order.created stock-service',
      'redeliver *.stock-service stock-service',
      'retry 100ms.* retry.100ms',
      'retry 50ms.* retry.50ms',
    ]);
  });

  test('of two services share the wait queues of the delays that both have', async () => {
    const channel = await opened.observerChannel();
    const neighbour = choreography('neighbour-service', { look: { on: [OrderCreated], outcomes: { looked: [] } } });
    await declareTopology(channel, topology);
    await declareTopology(channel, topologyOf(neighbour, [100, 60_000]));
    const queues = await vhost.api<Listed[]>('/queues/{vhost}');
    expect(queues.map(({ name }) => name).filter((name) => name.startsWith('retry.'))).toEqual([
      'retry.100ms',
      'retry.1m',
      'retry.50ms',
    ]);
  });

  test('says which queue differs in which argument, and what to do', async () => {
    const other = {
      ...topology,
      queue: 'old-service',
      deadLetterQueue: 'old-service.dead-letter',
      retryQueues: [],
      bindings: [],
    };
    const args = { 'x-queue-type': 'quorum', 'x-delivery-limit': 7 };
    await (await opened.observerChannel()).assertQueue('old-service.dead-letter', { durable: true, arguments: args });
    const refusal = await declareTopology(await opened.observerChannel(), other).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BrokerRefused);
    expect(String(refusal)).toMatch(/queue "old-service\.dead-letter" exists with another "x-delivery-limit".*'7'.*delete_queue/);
  });

  test('says which exchange differs', async () => {
    await (await opened.observerChannel()).assertExchange('old.events', 'fanout', { durable: true });
    const declared = declareTopology(await opened.observerChannel(), { ...topology, exchanges: ['old.events'] });
    await expect(declared).rejects.toThrow(/exchange "old\.events" exists with another "type".*delete it/);
  });
});

describe('an account that may declare nothing', () => {
  test('is told all that is missing, and content when nothing is', async () => {
    const channel = await opened.observerChannel();
    const { connection } = await opened.another();
    await declareTopology(channel, topology);
    const layout = layoutOf(topology);
    await checkLayout(connection, 'stock-service', layout);
    expect(await isMissing(connection, topology.queue)).toBe(false);
    await channel.deleteQueue(topology.queue);
    await channel.deleteExchange('order.events');
    expect(await isMissing(connection, topology.queue)).toBe(true);
    const check = checkLayout(connection, 'stock-service', layout);
    await expect(check).rejects.toThrow(BrokerRefused);
    await expect(check).rejects.toThrow(
      'The broker lacks exchange "order.events", queue "stock-service". The account "stock-service" declares nothing',
    );
    await checkLayout(connection, 'stock-service', {});
  });

  test('is not told that something is missing when the broker could not be asked', async () => {
    const { connection, close } = await opened.another();
    const channel = await connection.createChannel();
    await channel.assertQueue('somebodys', { exclusive: true });
    const { connection: other } = await opened.another();
    await expect(isMissing(other, 'somebodys')).rejects.toThrow('405');
    await close();
    await expect(isMissing(connection, topology.queue)).rejects.toThrow();
  });
});
