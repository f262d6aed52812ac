import { exchangeOf } from '../events/index.js';
import { type Choreography, consumedBy, emittedBy } from './choreography.js';

export const DEAD_LETTER_EXCHANGE = 'dead-letter';

/** How long a failed delivery waits before its next attempt, in milliseconds: one wait queue each, used in this order. */
export const DEFAULT_RETRY_DELAYS: readonly number[] = [500, 2_000, 10_000, 30_000, 60_000, 120_000, 300_000];

export interface Binding {
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
}

/** Everything that a service declares at the broker. */
export interface Topology {
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly retryQueues: readonly { readonly name: string; readonly delay: number }[];
  readonly exchanges: readonly string[];
  readonly bindings: readonly Binding[];
}

/** `<service>.retry.<delay>`, for example `payment-service.retry.5s`. */
export function retryQueue(service: string, delay: number): string {
  return `${service}.retry.${delay % 1000 === 0 ? `${delay / 1000}s` : `${delay}ms`}`;
}

/** Derives a service's exchanges, queues and bindings from its declaration. */
export function topologyOf(declared: Choreography, retryDelays: readonly number[] = DEFAULT_RETRY_DELAYS): Topology {
  const { service } = declared;
  const consumed = consumedBy(declared);
  const types = [...consumed, ...emittedBy(declared)].map((contract) => contract.type);
  return {
    queue: service,
    deadLetterQueue: `${service}.dead-letter`,
    retryQueues: [...new Set(retryDelays)].map((delay) => ({ name: retryQueue(service, delay), delay })),
    exchanges: [...new Set(types.map(exchangeOf))].sort(),
    bindings: consumed.map(({ type }) => ({ queue: service, exchange: exchangeOf(type), routingKey: type })),
  };
}
