import { type EventContract, exchangeOf } from '../events/index.js';
import { type Choreography, consumedBy, emittedBy } from './choreography.js';

export const DEAD_LETTER_EXCHANGE = 'dead-letter';
/** Copies for another attempt are published here, under `<delay>.<service>`. */
export const RETRY_EXCHANGE = 'retry';
/** The wait queues send their messages here, under the same key, when the delay is over. */
export const REDELIVER_EXCHANGE = 'redeliver';
/** An operator's tools send a parked message to its service again through `redeliver`, with its headers, under `redrive.<service>`. */
export const REDRIVEN = 'redrive';

/** Requests for what stands in a service's log are published here, under `<who asks>.<emitter>`. */
export const LOG_EXCHANGE = 'log';

/** The optional stream of every event, for readers outside of the choreography. */
export const EVENT_STREAM = 'events';

/** How long a failed delivery waits before its next attempt, in milliseconds: one wait queue each, used in this order. */
export const DEFAULT_RETRY_DELAYS: readonly number[] = [500, 2_000, 10_000, 30_000, 60_000, 120_000, 300_000];

export interface Binding {
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
}

/** A queue in which copies wait for their next attempt. All services share it: its name says its only setting, the delay. */
export interface RetryQueue {
  /** `retry.<delay>`, for example `retry.500ms`. */
  readonly name: string;
  /** In milliseconds. */
  readonly delay: number;
  /** Binds it to the exchange `retry`: `<delay>.*`. */
  readonly bindingKey: string;
  /** Under which this service publishes to `retry`: `<delay>.<service>`. */
  readonly routingKey: string;
}

/** A service, and which of its events are consumed. */
export interface Emitter {
  readonly service: string;
  readonly types: readonly string[];
}

/** Everything that a service declares at the broker. */
export interface Topology {
  readonly queue: string;
  readonly deadLetterQueue: string;
  readonly retryQueues: readonly RetryQueue[];
  /** Of the events that it consumes or emits. */
  readonly exchanges: readonly string[];
  /** Types of the events that it emits. */
  readonly emits: readonly string[];
  /** Of the events that it consumes. */
  readonly bindings: readonly Binding[];
  /** Whose events it consumes: the services that it asks for what it has missed. */
  readonly emitters: readonly Emitter[];
  /** Whether its exchanges are bound to the stream `events`. */
  readonly streamed: boolean;
}

const UNITS = [
  { name: 'm', milliseconds: 60_000 },
  { name: 's', milliseconds: 1_000 },
];

/** A delay as queues and routing keys have it, in the largest unit that divides it: `500ms`, `2s`, `5m`. */
export function delayName(milliseconds: number): string {
  const unit = UNITS.find((each) => milliseconds % each.milliseconds === 0);
  return unit === undefined ? `${milliseconds}ms` : `${milliseconds / unit.milliseconds}${unit.name}`;
}

/** Whether a word is what `delayName` makes: no service has such a name. */
export const isDelayName = (word: string) => /^[0-9]+(ms|s|m)$/.test(word);

function retryQueue(service: string, delay: number): RetryQueue {
  const name = delayName(delay);
  return { name: `retry.${name}`, delay, bindingKey: `${name}.*`, routingKey: `${name}.${service}` };
}

function emittersOf(consumed: readonly EventContract[]): Emitter[] {
  const services = [...new Set(consumed.flatMap(({ emitters }) => emitters))].sort();
  const types = (service: string) => consumed.flatMap(({ type, emitters }) => (emitters.includes(service) ? [type] : []));
  return services.map((service) => ({ service, types: types(service) }));
}

/** Derives a service's exchanges, queues and bindings from its declaration. */
export function topologyOf(
  declared: Choreography,
  retryDelays: readonly number[] = DEFAULT_RETRY_DELAYS,
  streamed = false,
): Topology {
  const { service } = declared;
  const consumed = consumedBy(declared);
  const emits = [...new Set(emittedBy(declared).map(({ type }) => type))];
  const types = [...consumed.map(({ type }) => type), ...emits];
  return {
    queue: service,
    deadLetterQueue: `${service}.dead-letter`,
    retryQueues: [...new Set(retryDelays)].map((delay) => retryQueue(service, delay)),
    exchanges: [...new Set(types.map(exchangeOf))].sort(),
    emits,
    bindings: consumed.map(({ type }) => ({ queue: service, exchange: exchangeOf(type), routingKey: type })),
    emitters: emittersOf(consumed),
    streamed,
  };
}
