import {
  type Binding,
  DEAD_LETTER_EXCHANGE,
  EVENT_STREAM,
  LOG_EXCHANGE,
  REDELIVER_EXCHANGE,
  RETRY_EXCHANGE,
  type RetryQueue,
  type Topology,
} from './topology.js';

export type Arguments = Readonly<Record<string, string | number>>;

/** A durable topic exchange. */
export interface ExchangeLayout {
  readonly name: string;
  readonly arguments: Arguments;
}

/** A durable queue: a quorum queue, or a stream. */
export interface QueueLayout {
  readonly name: string;
  readonly arguments: Arguments;
}

/** What stands at the broker for a service, some of it shared with others; in the order in which it can be declared. */
export interface Layout {
  readonly exchanges: readonly ExchangeLayout[];
  readonly queues: readonly QueueLayout[];
  readonly bindings: readonly Binding[];
}

/**
 * How often the broker itself redelivers a message before it dead-letters it. It stops a message that crashes its consumer; with
 * prefetch a crash counts against every unsettled message, so it is generous, and the application's own count decides retries.
 */
const DELIVERY_LIMIT = 100;

/**
 * RabbitMQ 4 drops a message from a queue without dead-letter exchange after 20 deliveries, and an operator who looks at parked
 * messages in the management UI requeues all of them each time. "Unlimited" (-1) is refused by 3.10.
 */
const PARKED_DELIVERY_LIMIT = 1_000_000;

/** Dead-lettering keeps its promise only with both (https://www.rabbitmq.com/docs/quorum-queues#dead-lettering). */
const AT_LEAST_ONCE = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

/**
 * A copy that comes back from its wait when its service's queue is gone goes to that service's dead letters. With no queue at all,
 * at-least-once dead-lettering would keep it and, after 32 such copies (`dead_letter_worker_consumer_prefetch`), hold up all others.
 */
const REDELIVER: ExchangeLayout = { name: REDELIVER_EXCHANGE, arguments: { 'alternate-exchange': DEAD_LETTER_EXCHANGE } };

/** A stream forgets whole segments, those that are older than a week or beyond 5 GB (https://www.rabbitmq.com/docs/streams#retention). */
const STREAM: QueueLayout = {
  name: EVENT_STREAM,
  arguments: {
    'x-queue-type': 'stream',
    'x-max-age': '7D',
    'x-max-length-bytes': 5_000_000_000,
    'x-stream-max-segment-size-bytes': 50_000_000,
  },
};

const plain = (name: string): ExchangeLayout => ({ name, arguments: {} });

/** A queue whose parked messages wait for an operator. */
export const parkingQueue = (name: string): QueueLayout => ({
  name,
  arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': PARKED_DELIVERY_LIMIT },
});

function workQueue(service: string): QueueLayout {
  const dead = { 'x-dead-letter-exchange': DEAD_LETTER_EXCHANGE, 'x-dead-letter-routing-key': service };
  return {
    name: service,
    arguments: { 'x-queue-type': 'quorum', ...dead, 'x-delivery-limit': DELIVERY_LIMIT, ...AT_LEAST_ONCE },
  };
}

/** The time to live ends only at the head of a queue: all messages of a queue must wait equally long. */
function waitQueue({ name, delay }: RetryQueue): QueueLayout {
  const wait = { 'x-message-ttl': delay, 'x-dead-letter-exchange': REDELIVER_EXCHANGE };
  return { name, arguments: { 'x-queue-type': 'quorum', ...wait, ...AT_LEAST_ONCE } };
}

/** The exchanges that a service publishes to or binds. */
export function exchangesOf({ exchanges }: Topology): ExchangeLayout[] {
  return [...[...exchanges, DEAD_LETTER_EXCHANGE, RETRY_EXCHANGE, LOG_EXCHANGE].map(plain), REDELIVER];
}

/** The stream of all events, when it is on. */
export function streamOf({ streamed, exchanges }: Topology): Omit<Layout, 'exchanges'> {
  if (!streamed) return { queues: [], bindings: [] };
  return { queues: [STREAM], bindings: exchanges.map((exchange) => ({ queue: EVENT_STREAM, exchange, routingKey: '#' })) };
}

/** Everything of a service at the broker. Its events are bound last, when what they may need is there. */
export function layoutOf(topology: Topology): Layout {
  const { queue: service, deadLetterQueue, retryQueues } = topology;
  const stream = streamOf(topology);
  return {
    exchanges: exchangesOf(topology),
    queues: [parkingQueue(deadLetterQueue), workQueue(service), ...retryQueues.map(waitQueue), ...stream.queues],
    bindings: [
      { queue: deadLetterQueue, exchange: DEAD_LETTER_EXCHANGE, routingKey: service },
      { queue: deadLetterQueue, exchange: DEAD_LETTER_EXCHANGE, routingKey: `*.${service}` },
      { queue: service, exchange: REDELIVER_EXCHANGE, routingKey: `*.${service}` },
      { queue: service, exchange: LOG_EXCHANGE, routingKey: `*.${service}` },
      ...retryQueues.map(({ name, bindingKey }) => ({ queue: name, exchange: RETRY_EXCHANGE, routingKey: bindingKey })),
      ...stream.bindings,
      ...topology.bindings,
    ],
  };
}
