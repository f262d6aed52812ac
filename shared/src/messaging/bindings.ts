import type { Channel } from 'amqplib';
import type { Binding, Topology } from '../choreography/index.js';
import type { Observer } from '../pipeline/index.js';

/** Remembers what each version of a service has bound its queue to. */
export interface BindingRecord {
  /** Notes what this version binds; resolves to what only earlier versions did, or to nothing when this one is not the latest. */
  outdated(declared: readonly Binding[]): Promise<readonly Binding[]>;
}

interface Bound {
  readonly topology: Topology;
  readonly observer: Pick<Observer, 'trouble'>;
  readonly bindingRecord?: BindingRecord;
}

/** A version that consumes an event no longer would park each of its messages. */
export async function removeOutdatedBindings(channel: Channel, { bindingRecord, topology, observer }: Bound): Promise<void> {
  const outdated = await bindingRecord?.outdated(topology.bindings).catch((error: unknown) => {
    observer.trouble(`${topology.queue}: bindings of earlier versions could not be looked for`, error);
    return [];
  });
  // The broker does not mind when a binding is gone already.
  for (const { queue, exchange, routingKey } of outdated ?? []) await channel.unbindQueue(queue, exchange, routingKey);
}
