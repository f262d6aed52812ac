import type { Topology } from '../../choreography/index.js';
import type { ServiceConfig } from '../../config/index.js';
import { redact } from '../../logging/index.js';
import {
  AmqpConsumer,
  AmqpPublisher,
  type BindingRecord,
  type Broker,
  type CatchUp,
  connectBroker,
} from '../../messaging/index.js';
import type { Delivery, Fate, Intake, Observer, OutgoingEvent, Publisher } from '../../pipeline/index.js';
import { definitions } from '../../telemetry/index.js';
import type { Part } from '../part.js';

interface BrokerOptions {
  readonly config: ServiceConfig;
  readonly topology: Topology;
  readonly observer: Observer;
}

export interface BrokerPart extends Part, Publisher {
  /** Once started. */
  connections(): { readonly broker: Broker; readonly publisher: AmqpPublisher };
}

/** The connections to the broker, and the publisher on one of them. */
export function brokerPart({ config, topology, observer }: BrokerOptions): BrokerPart {
  let broker: Broker | undefined;
  let publisher: AmqpPublisher | undefined;
  const connections: BrokerPart['connections'] = () => {
    if (broker === undefined || publisher === undefined) throw new Error('The connections to the broker are not started');
    return { broker, publisher };
  };
  return {
    name: 'broker connections',
    connections,
    publish: (events: readonly OutgoingEvent[]): Promise<readonly Fate[]> => connections().publisher.publish(events),
    async start() {
      broker = await connectBroker({ url: config.rabbitmqUrl, service: config.service, observer });
      const batched = config.eventBatching === 'on';
      const { publishing: connection, ownAccount } = broker;
      publisher = new AmqpPublisher({ connection, topology, observer, ownAccount, batched });
      await publisher.start();
    },
    async stop() {
      await publisher?.stop();
      await broker?.close();
    },
    checks: [{ name: 'publisher', of: 'publishing', check: () => (publisher?.ready ? undefined : 'the broker takes no events') }],
  };
}

interface ConsumerOptions extends BrokerOptions {
  readonly connections: BrokerPart['connections'];
  readonly bindingRecord: BindingRecord;
  readonly catchUp: CatchUp;
  deliver(delivery: Delivery): void;
}

/** Takes messages from the service's queue; the first to stop. */
export function consumerPart({
  config,
  topology,
  observer,
  connections,
  bindingRecord,
  catchUp,
  deliver,
}: ConsumerOptions): Part & Intake {
  let consumer: AmqpConsumer | undefined;
  const started = () => {
    if (consumer === undefined) throw new Error('The consumer is not started');
    return consumer;
  };
  return {
    name: 'consumer',
    start() {
      const { broker, publisher } = connections();
      const { prefetch } = config;
      const { consuming: connection, ownAccount } = broker;
      consumer = new AmqpConsumer({
        connection,
        topology,
        observer,
        ownAccount,
        copies: publisher,
        prefetch,
        bindingRecord,
        catchUp,
        redact,
        deliver,
      });
      return consumer.start();
    },
    pause: () => consumer?.pause(),
    resume: () => consumer?.resume(),
    stop: (signal) => consumer?.stop(signal),
    checks: [
      {
        name: 'consumer',
        of: 'consuming',
        check() {
          if (consumer?.paused) return 'it waits for the database';
          if (consumer?.subscribed) return undefined;
          return `not subscribed to its queue${consumer?.failure === undefined ? '' : `: ${consumer.failure}`}`;
        },
      },
    ],
    gauges: [
      { ...definitions.queue, read: async () => (await started().count()).messageCount },
      { ...definitions.consumers, read: async () => (await started().count()).consumerCount },
    ],
  };
}
