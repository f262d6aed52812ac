import type { Channel, ChannelModel } from 'amqplib';
import { exchangesOf, type Layout, layoutOf, streamOf, type Topology } from '../choreography/index.js';
import { reasonOf } from '../pipeline/index.js';
import { BrokerRefused } from './errors.js';

/**
 * Declares the exchanges that a service publishes to or binds, and the stream when it is on, before the first event is published: it has
 * what was published since it is there. @throws BrokerRefused as `declareTopology` does
 */
export async function declareExchanges(channel: Channel, topology: Topology): Promise<void> {
  for (const { name, arguments: args } of exchangesOf(topology)) {
    await accepted(channel.assertExchange(name, 'topic', { durable: true, arguments: args }));
  }
  await declareLayout(channel, streamOf(topology));
}

/** Declares queues and bindings; what is there already stays. @throws BrokerRefused as `declareTopology` does */
export async function declareLayout(channel: Channel, { queues, bindings }: Omit<Layout, 'exchanges'>): Promise<void> {
  for (const { name, arguments: args } of queues) await accepted(channel.assertQueue(name, { durable: true, arguments: args }));
  for (const { queue, exchange, routingKey } of bindings) await accepted(channel.bindQueue(queue, exchange, routingKey));
}

/**
 * Declares everything of a service at the broker: exchanges, its queue, its dead-letter queue, the wait queues that it shares with
 * the other services, and the bindings. Does nothing when all of it is there already, so it runs before each subscription.
 *
 * @throws BrokerRefused when something exists with other arguments (406) or the user may not declare it (403)
 */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  await declareExchanges(channel, topology);
  await declareLayout(channel, layoutOf(topology));
}

type Connection = Pick<ChannelModel, 'createChannel'>;

/**
 * For an account that may declare nothing: whether everything is there. Bindings cannot be asked for over AMQP: an event that none takes is
 * returned to its publisher, whose readiness says so.
 *
 * @throws BrokerRefused that names all that is missing
 */
export async function checkLayout(
  connection: Connection,
  service: string,
  { exchanges, queues }: Partial<Layout>,
): Promise<void> {
  const missing: string[] = [];
  for (const { name } of exchanges ?? []) {
    if (await isAbsent(connection, (channel) => channel.checkExchange(name))) missing.push(`exchange "${name}"`);
  }
  for (const { name } of queues ?? []) if (await isMissing(connection, name)) missing.push(`queue "${name}"`);
  if (missing.length === 0) return;
  throw new BrokerRefused(
    `The broker lacks ${missing.join(', ')}. The account "${service}" declares nothing: set the system up again, which npm start and Compose ` +
      'do at each start, and elsewhere npm run setup (docs/rights.md). Or import the definitions, or set RABBITMQ_URL to an account of another name, ' +
      'which may declare them',
  );
}

/** Whether the queue has to be created. */
export function isMissing(connection: Connection, queue: string): Promise<boolean> {
  return isAbsent(connection, (channel) => channel.checkQueue(queue));
}

/** On a channel of its own, as the broker closes it to say so. */
async function isAbsent(connection: Connection, check: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    await check(channel);
  } catch (error) {
    if (/\b404 \(/.test(reasonOf(error))) return true;
    throw error;
  }
  await channel.close();
  return false;
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
