import { topologyOf } from '@quickstep/shared/choreography';
import { AmqpPublisher, type Broker, connectBroker } from '@quickstep/shared/messaging';
import type { Observer } from '@quickstep/shared/pipeline';
import { operations } from '../choreography.js';

/** Connections of their own: a pass over a long queue must not hold up the service's other work. */
export interface DeadLetterBroker {
  readonly consuming: Broker['consuming'];
  readonly publisher: AmqpPublisher;
  /** Closes as soon as the broker is away, if it is or comes to be: whoever waits for a channel then fails, rather than wait for it to come back. */
  closeWhenAway(): void;
  close(): Promise<void>;
}

export async function openDeadLetterBroker(url: string, observer: Pick<Observer, 'trouble'>): Promise<DeadLetterBroker> {
  const broker = await connectBroker({ url, service: operations.service, observer });
  const { publishing: connection, ownAccount } = broker;
  const publisher = new AmqpPublisher({ connection, topology: topologyOf(operations), observer, ownAccount });
  await publisher.start();
  let away = false;
  broker.consuming.on('disconnect', () => {
    away = true;
  });
  broker.consuming.on('connect', () => {
    away = false;
  });
  const close = async () => {
    await publisher.stop();
    await broker.close();
  };
  return {
    consuming: broker.consuming,
    publisher,
    closeWhenAway() {
      broker.consuming.once('disconnect', () => void close());
      if (away) void close();
    },
    close,
  };
}
