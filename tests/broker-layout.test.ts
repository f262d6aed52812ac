import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_RETRY_DELAYS } from '@quickstep/shared/choreography';
import { openShop, type Shop } from './support/shop.js';
import { until } from './support/until.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ RETRY_DELAYS_MS: DEFAULT_RETRY_DELAYS.join(',') });
});
afterAll(() => shop.close());

const services = ['inventory-service', 'notification-service', 'order-service', 'payment-service', 'shipping-service'];

interface Listed {
  readonly name: string;
  readonly exclusive?: boolean;
}
interface ListedConnection {
  readonly client_properties?: { readonly connection_name?: string };
}
interface ListedConsumer {
  readonly consumer_tag: string;
  readonly queue: { readonly name: string };
}

describe('what the management UI shows of five services', () => {
  test('two queues for each service, and one wait queue for each delay', async () => {
    const queues = await shop.vhost.api<Listed[]>('/queues/{vhost}');
    // The spy's own queue is exclusive.
    const names = queues.filter(({ exclusive }) => exclusive !== true).map(({ name }) => name);
    const waits = ['retry.500ms', 'retry.2s', 'retry.10s', 'retry.30s', 'retry.1m', 'retry.2m', 'retry.5m'];
    expect(names.sort()).toEqual([...services.flatMap((name) => [name, `${name}.dead-letter`]), ...waits].sort());
  });

  test('the exchanges of the events and four more', async () => {
    const exchanges = await shop.vhost.api<Listed[]>('/exchanges/{vhost}');
    const own = exchanges.map(({ name }) => name).filter((name) => name !== '' && !name.startsWith('amq.'));
    const events = services.map((name) => name.replace('-service', '.events'));
    expect(own.sort()).toEqual([...events, 'dead-letter', 'log', 'redeliver', 'retry'].sort());
  });

  test('connections and consumers by the name of their service', async () => {
    const names = services.flatMap((name) => [`${name}:consume`, `${name}:publish`]);
    // The management API learns of connections and consumers with a delay.
    await until(
      async () => {
        const connections = await shop.vhost.api<ListedConnection[]>('/vhosts/{vhost}/connections');
        // One that has closed may be listed for a while without what it was opened with.
        const listed = connections.flatMap(({ client_properties: given }) =>
          given === undefined ? [] : [given.connection_name ?? ''],
        );
        return names.every((name) => listed.includes(name)) && !listed.includes('') ? true : undefined;
      },
      () => 'Not every connection has its name',
    );
    const tagsOf = async () => {
      const consumers = await shop.vhost.api<ListedConsumer[]>('/consumers/{vhost}');
      return services.map((name) => consumers.filter(({ queue }) => queue.name === name).map((each) => each.consumer_tag));
    };
    const tags = await until(
      async () => {
        const listed = await tagsOf();
        return listed.every(({ length }) => length === 1) ? listed : undefined;
      },
      () => 'Not every queue has its one consumer',
    );
    // The number counts subscriptions: a busy machine may need a second one.
    expect(tags).toEqual(services.map((name) => [expect.stringMatching(new RegExp(`^${name}-\\S+/\\d+-\\d+$`))]));
  });
});
