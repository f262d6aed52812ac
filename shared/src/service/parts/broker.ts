import type { Topology } from '../../choreography/index.js';
import type { ServiceConfig } from '../../config/index.js';
import { type AmqpConsumer, AmqpPublisher, type Broker, connectBroker, type LayoutWatch } from '../../messaging/index.js';
import type { Observer } from '../../pipeline/index.js';
import { definitions } from '../../telemetry/index.js';
import type { Assembly, Part } from '../part.js';

interface BrokerOptions {
  readonly config: ServiceConfig;
  readonly topology: Topology;
  readonly observer: Observer;
}

/** The connections to the broker, and the publisher on one of them. */
export async function openBroker(
  { config, topology, observer }: BrokerOptions,
  assembly: Assembly,
): Promise<{ readonly broker: Broker; readonly amqp: AmqpPublisher }> {
  const broker = await connectBroker({ url: config.rabbitmqUrl, service: config.service, observer });
  const { publishing: connection, ownAccount } = broker;
  const amqp = new AmqpPublisher({ connection, topology, observer, ownAccount, batched: config.eventBatching === 'on' });
  await assembly.add({
    name: 'broker connections',
    start: () => amqp.start(),
    async stop() {
      await amqp.stop();
      await broker.close();
    },
    checks: [{ name: 'publisher', of: 'publishing', check: () => (amqp.ready ? undefined : 'the broker takes no events') }],
  });
  return { broker, amqp };
}

function notConsuming({ paused, subscribed, failure }: AmqpConsumer): string | undefined {
  if (paused) return 'it waits for the database';
  if (subscribed) return undefined;
  return `not subscribed to its queue${failure === undefined ? '' : `: ${failure}`}`;
}

/** Takes messages from the service's queue; the first to stop. */
export function consumerPart(consumer: AmqpConsumer): Part {
  return {
    name: 'consumer',
    start: () => consumer.start(),
    stop: (signal) => consumer.stop(signal),
    checks: [{ name: 'consumer', of: 'consuming', check: () => notConsuming(consumer) }],
    gauges: [
      { ...definitions.queue, read: async () => (await consumer.count()).messageCount },
      { ...definitions.consumers, read: async () => (await consumer.count()).consumerCount },
    ],
  };
}

/** Brings back what is deleted at the broker while the service runs. */
export function layoutPart(watch: LayoutWatch): Part {
  return {
    name: 'layout',
    start: () => watch.start(),
    stop: () => watch.stop(),
    gauges: [{ ...definitions.parked, read: () => watch.parked() }],
  };
}
