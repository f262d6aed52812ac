import type { Topology } from '../../choreography/index.js';
import type { PgBindingRecord } from '../../db/index.js';
import { LayoutWatch } from '../../messaging/index.js';
import type { Observer } from '../../pipeline/index.js';
import { definitions, type Metrics } from '../../telemetry/index.js';
import type { Part } from '../part.js';
import type { BrokerPart } from './broker.js';

interface LayoutOptions {
  readonly topology: Topology;
  readonly observer: Observer;
  readonly connections: BrokerPart['connections'];
  readonly bindingRecord: Pick<PgBindingRecord, 'isLatest'>;
  readonly metrics: Pick<Metrics, 'recreated'>;
}

/** Brings back what is deleted at the broker while the service runs. */
export function layoutPart({ topology, observer, connections, bindingRecord, metrics }: LayoutOptions): Part {
  let watch: LayoutWatch | undefined;
  const started = () => {
    if (watch === undefined) throw new Error('The watch over the layout is not started');
    return watch;
  };
  return {
    name: 'layout',
    async start() {
      const { consuming: connection, ownAccount } = connections().broker;
      const isLatest = () => bindingRecord.isLatest(topology.bindings);
      metrics.recreated(topology.deadLetterQueue, 0);
      watch = new LayoutWatch({ connection, topology, observer, ownAccount, isLatest, recreated: metrics.recreated });
      await watch.start();
    },
    stop: () => watch?.stop(),
    gauges: [{ ...definitions.parked, read: () => started().parked() }],
  };
}
