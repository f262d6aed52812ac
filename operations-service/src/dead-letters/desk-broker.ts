import { topologyOf } from '@quickstep/shared/choreography';
import { AmqpPublisher, type Broker, connectBroker } from '@quickstep/shared/messaging';
import type { Observer } from '@quickstep/shared/pipeline';
import { operations } from '../choreography.js';

/** Connections of their own: a pass over a long queue must not hold up the service's other work. */
export interface DeskBroker {
  readonly consuming: Broker['consuming'];
  readonly publisher: AmqpPublisher;
  close(): Promise<void>;
}

export async function openDeskBroker(url: string, observer: Pick<Observer, 'trouble'>): Promise<DeskBroker> {
  const broker = await connectBroker({ url, service: operations.service, observer });
  const { publishing: connection, ownAccount } = broker;
  const publisher = new AmqpPublisher({ connection, topology: topologyOf(operations), observer, ownAccount });
  await publisher.start();
  return {
    consuming: broker.consuming,
    publisher,
    async close() {
      await publisher.stop();
      await broker.close();
    },
  };
}
