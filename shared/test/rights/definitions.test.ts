import { describe, expect, test } from '@jest/globals';
import { choreography, topologyOf } from '@quickstep/shared/choreography';
import { InventoryReserved, OrderCreated } from '@quickstep/shared/contracts';
import { brokerDefinitions, hashedPassword } from '@quickstep/shared/rights';

const stock = choreography('stock-service', { reserve: { on: [OrderCreated], outcomes: { reserved: [InventoryReserved] } } });
const silent = choreography('audit-service', { note: { observes: [OrderCreated], outcomes: { noted: [] } } });
const holderOf = (declared: typeof stock | typeof silent) => ({ topology: topologyOf(declared, [500]) });

describe('definitions', () => {
  test('give a service what its declaration asks for and no more', () => {
    const { permissions, topic_permissions } = brokerDefinitions([holderOf(stock), holderOf(silent)], { vhost: 'v' });
    expect(permissions).toEqual([
      {
        user: 'stock-service',
        vhost: 'v',
        configure: '^$',
        write: '^(dead-letter|inventory\\.events|log|redeliver|retry)$',
        read: '^(stock-service|stock-service\\.dead-letter)$',
      },
      {
        user: 'audit-service',
        vhost: 'v',
        configure: '^$',
        write: '^(dead-letter|log|retry)$',
        read: '^(audit-service|audit-service\\.dead-letter)$',
      },
    ]);
    const ofStock = topic_permissions.filter(({ user }) => user === 'stock-service');
    expect(Object.fromEntries(ofStock.map(({ exchange, write }) => [exchange, write]))).toEqual({
      'dead-letter': '^(stock-service)$',
      'inventory.events': '^(inventory\\.reserved)$',
      log: '^(stock-service\\.order-service|stock-service\\.stock-service)$',
      redeliver: '^(stock-service\\.[^.]+)$',
      retry: '^(500ms\\.stock-service)$',
    });
  });

  test('have an entry for each exchange that a service may write to, as one without is open', () => {
    const { permissions, topic_permissions } = brokerDefinitions([holderOf(stock)], { vhost: 'v' });
    const writable = topic_permissions.map(({ exchange }) => exchange.replace('.', '\\.'));
    expect(permissions[0]?.write).toBe(`^(${writable.join('|')})$`);
  });

  test('take further rights from data: queues that one service reads, keys that it writes', () => {
    const queue = 'audit-service.dead-letters';
    const further = {
      queues: [{ name: queue, bindings: [{ exchange: 'dead-letter', routingKey: '#' }] }],
      writes: [{ exchange: 'redeliver', keys: ['redrive.*'] }],
    };
    const made = brokerDefinitions([{ ...holderOf(silent), further }], { vhost: 'v' });
    expect(made.permissions[0]).toMatchObject({
      write: '^(dead-letter|log|redeliver|retry)$',
      read: '^(audit-service|audit-service\\.dead-letter|audit-service\\.dead-letters)$',
    });
    expect(made.topic_permissions).toContainEqual(
      expect.objectContaining({ exchange: 'redeliver', write: '^(redrive\\.[^.]+)$' }),
    );
    expect(made.queues.map(({ name }) => name)).toContain(queue);
    expect(made.bindings).toContainEqual(
      expect.objectContaining({ source: 'dead-letter', destination: queue, routing_key: '#' }),
    );
  });

  test('name what services share once', () => {
    const { queues, exchanges } = brokerDefinitions([holderOf(stock), holderOf(silent)], { vhost: 'v' });
    expect(queues.filter(({ name }) => name === 'retry.500ms')).toHaveLength(1);
    expect(new Set(exchanges.map((each) => JSON.stringify(each))).size).toBe(exchanges.length);
  });

  test('hold no password but the hash that is given', () => {
    const passwordHashes = new Map([['stock-service', hashedPassword('secret')]]);
    const { users } = brokerDefinitions([holderOf(stock), holderOf(silent)], { vhost: 'v', passwordHashes });
    expect(users.map(({ password_hash }) => password_hash)).toEqual([passwordHashes.get('stock-service'), '']);
  });
});

test("a password is hashed as in RabbitMQ's own example", () => {
  // https://www.rabbitmq.com/docs/passwords#computing-password-hash
  const salt = Buffer.from('908DC60A', 'hex');
  expect(hashedPassword('test12', salt)).toBe('kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR');
});
