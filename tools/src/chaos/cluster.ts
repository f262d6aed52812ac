import type { Target } from './proxy/tcp-proxy.js';
import type { Cluster } from './world.js';

export interface BrokerCluster extends Cluster {
  readonly url: string;
  readonly administratorUrl: string;
  readonly managementUrl: string;
  target(): Target;
  stop(): Promise<void>;
}

export async function startCluster(_directory: string, _nodes: number, _signal: AbortSignal): Promise<BrokerCluster> {
  throw new Error('not yet');
}
