import type { Channel, ChannelModel } from 'amqplib';
import {
  DEAD_LETTER_EXCHANGE,
  EVENT_STREAM,
  LOG_EXCHANGE,
  REDELIVER_EXCHANGE,
  RETRY_EXCHANGE,
  type Topology,
} from '../choreography/index.js';
import { reasonOf } from '../pipeline/index.js';
import { BrokerRefused } from './errors.js';

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
const REDELIVER = { durable: true, alternateExchange: DEAD_LETTER_EXCHANGE };

/** A stream forgets whole segments, those that are older than a week or beyond 5 GB (https://www.rabbitmq.com/docs/streams#retention). */
const STREAM = {
  'x-queue-type': 'stream',
  'x-max-age': '7D',
  'x-max-length-bytes': 5_000_000_000,
  'x-stream-max-segment-size-bytes': 50_000_000,
};

/** Declares the exchanges that a service publishes to or binds, and the stream when it is on. @throws BrokerRefused as `declareTopology` does */
export async function declareExchanges(channel: Channel, topology: Topology): Promise<void> {
  for (const exchange of [...topology.exchanges, DEAD_LETTER_EXCHANGE, RETRY_EXCHANGE, LOG_EXCHANGE]) {
    await accepted(channel.assertExchange(exchange, 'topic', { durable: true }));
  }
  await accepted(channel.assertExchange(REDELIVER_EXCHANGE, 'topic', REDELIVER));
  if (topology.streamed) await bindStream(channel, topology.exchanges);
}

/** Before the first event is published: the stream has what was published since it is there. */
async function bindStream(channel: Channel, exchanges: readonly string[]): Promise<void> {
  await accepted(channel.assertQueue(EVENT_STREAM, { durable: true, arguments: STREAM }));
  for (const exchange of exchanges) await bind(channel, EVENT_STREAM, exchange, '#');
}

/**
 * Declares everything of a service at the broker: exchanges, its queue, its dead-letter queue, the wait queues that it shares with
 * the other services, and the bindings. Does nothing when all of it is there already, so it runs before each subscription.
 *
 * @throws BrokerRefused when something exists with other arguments (406) or the user may not declare it (403)
 */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  const { queue: service, deadLetterQueue } = topology;
  await declareExchanges(channel, topology);
  await declareQueue(channel, deadLetterQueue, { 'x-delivery-limit': PARKED_DELIVERY_LIMIT });
  await bind(channel, deadLetterQueue, DEAD_LETTER_EXCHANGE, service);
  await bind(channel, deadLetterQueue, DEAD_LETTER_EXCHANGE, `*.${service}`);
  await declareQueue(channel, service, {
    'x-dead-letter-exchange': DEAD_LETTER_EXCHANGE,
    'x-dead-letter-routing-key': service,
    'x-delivery-limit': DELIVERY_LIMIT,
    ...AT_LEAST_ONCE,
  });
  await bind(channel, service, REDELIVER_EXCHANGE, `*.${service}`);
  await bind(channel, service, LOG_EXCHANGE, `*.${service}`);
  for (const { name, delay, bindingKey } of topology.retryQueues) {
    // The time to live ends only at the head of a queue: all messages of a queue must wait equally long.
    const wait = { 'x-message-ttl': delay, 'x-dead-letter-exchange': REDELIVER_EXCHANGE, ...AT_LEAST_ONCE };
    await declareQueue(channel, name, wait);
    await bind(channel, name, RETRY_EXCHANGE, bindingKey);
  }
  for (const { queue, exchange, routingKey } of topology.bindings) await bind(channel, queue, exchange, routingKey);
}

/** Whether the queue has to be created. On a channel of its own, as the broker closes it to say so. */
export async function isMissing(connection: Pick<ChannelModel, 'createChannel'>, queue: string): Promise<boolean> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    await channel.checkQueue(queue);
  } catch (error) {
    if (/\b404 \(/.test(reasonOf(error))) return true;
    throw error;
  }
  await channel.close();
  return false;
}

async function bind(channel: Channel, queue: string, exchange: string, key: string): Promise<void> {
  await accepted(channel.bindQueue(queue, exchange, key));
}

async function declareQueue(channel: Channel, queue: string, args: Readonly<Record<string, string | number>>): Promise<void> {
  await accepted(channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum', ...args } }));
}

async function accepted(declaration: Promise<unknown>): Promise<void> {
  try {
    await declaration;
  } catch (error) {
    throw refusalOf(reasonOf(error)) ?? error;
  }
}

function refusalOf(message: string): BrokerRefused | undefined {
  const [, argument, kind, name, values] =
    /inequivalent arg '([^']+)' for (queue|exchange) '([^']+)' in vhost '[^']*': ([^"]*)/.exec(message) ?? [];
  if (kind !== undefined) {
    const mend =
      kind === 'queue'
        ? `let it run empty or move its messages away, delete it (rabbitmqctl delete_queue ${name}) and start again`
        : 'delete it in the management UI and start again';
    return new BrokerRefused(`The ${kind} "${name}" exists with another "${argument}" (${values}): ${mend}`);
  }
  if (!/\b40[36] \(/.test(message)) return undefined;
  return new BrokerRefused(
    `The broker refuses a declaration: ${message}. Mend what it names, or the user's permissions, and start again`,
  );
}
