import {
  type Arguments,
  type Binding,
  DEAD_LETTER_EXCHANGE,
  delayName,
  LOG_EXCHANGE,
  REDELIVER_EXCHANGE,
  RETRY_EXCHANGE,
  type Topology,
} from '../choreography/index.js';
import { exchangeOf } from '../events/index.js';

/** Publishing to an exchange under keys that match one of these patterns: `*` is a word, `#` any words. */
export interface Writing {
  readonly exchange: string;
  readonly keys: readonly string[];
}

export interface FurtherQueue {
  readonly name: string;
  readonly bindings: readonly Omit<Binding, 'queue'>[];
  readonly arguments?: Arguments;
}

/** What a service may do besides what its declaration asks for. */
export interface FurtherRights {
  /** Quorum queues that only this service reads, with their bindings. Arguments: by default those of a dead-letter queue. */
  readonly queues?: readonly FurtherQueue[];
  readonly writes?: readonly Writing[];
  /** Queues of others that it reads. */
  readonly reads?: readonly string[];
}

/** A service as far as its rights go. */
export interface Holder {
  readonly topology: Topology;
  readonly further?: FurtherRights;
}

/** What the account of a service may do at the broker. */
export interface BrokerRights {
  /** The account: the service. */
  readonly user: string;
  /** Queues that it may read. */
  readonly reads: readonly string[];
  /** An exchange each. */
  readonly writes: readonly Writing[];
}

function merge(writes: readonly Writing[]): Writing[] {
  const byExchange = new Map<string, string[]>();
  for (const { exchange, keys } of writes) byExchange.set(exchange, [...(byExchange.get(exchange) ?? []), ...keys]);
  return [...byExchange]
    .map(([exchange, keys]) => ({ exchange, keys: [...new Set(keys)].sort() }))
    .filter(({ keys }) => keys.length > 0)
    .sort((a, b) => (a.exchange < b.exchange ? -1 : 1));
}

/**
 * The least that a service needs: to publish what it declares, its own retries and dead letters, requests to those whose events it
 * consumes, answers in its own name and requests to itself for the rest of an answer; to read its own two queues.
 */
export function brokerRightsOf({ topology, further = {} }: Holder): BrokerRights {
  const { queue: service, deadLetterQueue, retryQueues, emits, emitters } = topology;
  const answering = emits.length > 0 ? [service] : [];
  const events = emits.map((type) => ({ exchange: exchangeOf(type), keys: [type] }));
  const copies = [
    { exchange: RETRY_EXCHANGE, keys: retryQueues.map(({ delay }) => `${delayName(delay)}.${service}`) },
    { exchange: DEAD_LETTER_EXCHANGE, keys: [service] },
    {
      exchange: LOG_EXCHANGE,
      keys: [...emitters.map((emitter) => emitter.service), ...answering].map((to) => `${service}.${to}`),
    },
    { exchange: REDELIVER_EXCHANGE, keys: emits.length > 0 ? [`${service}.*`] : [] },
  ];
  return {
    user: service,
    reads: [service, deadLetterQueue, ...(further.queues ?? []).map(({ name }) => name), ...(further.reads ?? [])],
    writes: merge([...events, ...copies, ...(further.writes ?? [])]),
  };
}
