import { type Binding, type Layout, layoutOf, parkingQueue } from '../choreography/index.js';
import { type BrokerRights, brokerRightsOf, type Holder } from './broker-rights.js';

/** As RabbitMQ exports and imports them (https://www.rabbitmq.com/docs/definitions). */
export interface BrokerDefinitions {
  readonly vhosts: readonly { readonly name: string }[];
  readonly users: readonly DefinedUser[];
  readonly permissions: readonly Permission[];
  readonly topic_permissions: readonly TopicPermission[];
  readonly parameters: readonly Parameter[];
  readonly policies: readonly never[];
  readonly exchanges: readonly object[];
  readonly queues: readonly DefinedQueue[];
  readonly bindings: readonly DefinedBinding[];
}

export interface DefinedUser {
  readonly name: string;
  /** See `hashedPassword`. With an empty one nobody can log in with a password. */
  readonly password_hash: string;
  readonly hashing_algorithm: 'rabbit_password_hashing_sha256';
  readonly tags: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

export interface DefinedQueue {
  readonly name: string;
  readonly vhost: string;
  readonly durable: true;
  readonly auto_delete: false;
  readonly arguments: Readonly<Record<string, string | number>>;
}

export interface DefinedBinding {
  readonly source: string;
  readonly vhost: string;
  readonly destination: string;
  readonly destination_type: 'queue';
  readonly routing_key: string;
  readonly arguments: object;
}

interface Permission {
  readonly user: string;
  readonly vhost: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

interface TopicPermission {
  readonly user: string;
  readonly vhost: string;
  readonly exchange: string;
  readonly write: string;
  readonly read: string;
}

interface Parameter {
  readonly component: 'vhost-limits';
  readonly vhost: string;
  readonly name: 'limits';
  readonly value: Readonly<Record<string, number>>;
}

export interface DefinitionOptions {
  readonly vhost: string;
  /** By service, as `hashedPassword` makes them. Default: accounts that nobody can log in to. */
  readonly passwordHashes?: ReadonlyMap<string, string>;
}

const NOTHING = '^$';
/** Of one account: a replica has two connections with a channel each, and a look for its topology takes one more for a moment. */
const USER_LIMITS = { 'max-connections': 100, 'max-channels': 400 };
/** Far above what the system needs: they stop what runs away. */
const VHOST_LIMITS = { 'max-connections': 2_000, 'max-queues': 1_000 };

const escaped = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
const anyOf = (patterns: readonly string[]) => (patterns.length === 0 ? NOTHING : `^(${patterns.join('|')})$`);
const keyPattern = (key: string) => escaped(key).replaceAll('*', '[^.]+').replaceAll('#', '.*');
const unique = <Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] => [
  ...new Map(items.map((item) => [nameOf(item), item])).values(),
];

function permissionOf({ user, reads, writes }: BrokerRights, vhost: string): Permission {
  const write = anyOf(writes.map(({ exchange }) => escaped(exchange)));
  return { user, vhost, configure: NOTHING, write, read: anyOf(reads.map(escaped)) };
}

/** An exchange that a user may write to and that has no entry is unrestricted: there is one for each. */
function topicPermissionsOf({ user, writes }: BrokerRights, vhost: string): TopicPermission[] {
  return writes.map(({ exchange, keys }) => ({ user, vhost, exchange, write: anyOf(keys.map(keyPattern)), read: NOTHING }));
}

function layoutFor({ topology, further }: Holder): Layout {
  const own = layoutOf(topology);
  const queues = further?.queues ?? [];
  const bound = queues.flatMap(({ name, bindings }) => bindings.map((binding): Binding => ({ queue: name, ...binding })));
  return {
    exchanges: own.exchanges,
    queues: [
      ...own.queues,
      ...queues.map((queue) => ({ ...parkingQueue(queue.name), ...(queue.arguments && { arguments: queue.arguments }) })),
    ],
    bindings: [...own.bindings, ...bound],
  };
}

function together(layouts: readonly Layout[]): Layout {
  return {
    exchanges: unique(
      layouts.flatMap(({ exchanges }) => exchanges),
      ({ name }) => name,
    ),
    queues: unique(
      layouts.flatMap(({ queues }) => queues),
      ({ name }) => name,
    ),
    bindings: unique(
      layouts.flatMap(({ bindings }) => bindings),
      ({ queue, exchange, routingKey }) => `${queue} ${exchange} ${routingKey}`,
    ),
  };
}

/**
 * What an administrator imports so that services can run under accounts of their own: accounts, permissions, exchanges, queues, bindings
 * and limits. Importing it again changes nothing but passwords; nothing that is there is removed.
 */
export function brokerDefinitions(
  holders: readonly Holder[],
  { vhost, passwordHashes = new Map() }: DefinitionOptions,
): BrokerDefinitions {
  const rights = holders.map(brokerRightsOf);
  const { exchanges, queues, bindings } = together(holders.map(layoutFor));
  const durable = { vhost, durable: true, auto_delete: false } as const;
  return {
    vhosts: [{ name: vhost }],
    users: rights.map(({ user }) => ({
      name: user,
      password_hash: passwordHashes.get(user) ?? '',
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: [],
      limits: USER_LIMITS,
    })),
    permissions: rights.map((each) => permissionOf(each, vhost)),
    topic_permissions: rights.flatMap((each) => topicPermissionsOf(each, vhost)),
    parameters: [{ component: 'vhost-limits', vhost, name: 'limits', value: VHOST_LIMITS }],
    policies: [],
    exchanges: exchanges.map(({ name, arguments: args }) => ({
      name,
      type: 'topic',
      ...durable,
      internal: false,
      arguments: args,
    })),
    queues: queues.map(({ name, arguments: args }) => ({ name, ...durable, arguments: args })),
    bindings: bindings.map(({ queue, exchange, routingKey }) => ({
      source: exchange,
      vhost,
      destination: queue,
      destination_type: 'queue',
      routing_key: routingKey,
      arguments: {},
    })),
  };
}
