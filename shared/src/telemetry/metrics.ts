import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { inTime } from '../pipeline/index.js';
import { definitions, type MetricDefinition } from './definitions.js';

export interface GaugeDefinition extends MetricDefinition {
  /** For a gauge of several values: the label that tells them apart. */
  readonly label?: string;
}

/** One value, or one for each value of the gauge's label. */
export type GaugeValue = number | ReadonlyMap<string, number>;

/** What a service counts and measures. All durations are in seconds. */
export interface Metrics {
  handled(step: string, result: string, outcome: string, seconds: number): void;
  /** Counts from 0 what may happen, so that its first time is seen as a change. */
  expect(step: string, outcomes: readonly string[], endings: readonly string[]): void;
  /** How old an event was when what follows from it was committed. */
  age(step: string, seconds: number): void;
  /** A saga has ended. */
  ended(ending: string, seconds: number): void;
  undecodable(): void;
  forged(): void;
  batch(size: number, seconds: number): void;
  conflict(): void;
  deleted(table: string, rows: number): void;
  /** Events sent from the log to a service that asked for them. */
  resent(to: string, events: number): void;
  /** A queue was gone and is there again. @param times 0 to count from */
  recreated(queue: string, times?: number): void;
  /** @param route the pattern, never the path: one time series per route, not per thing */
  request(method: string, route: string, status: number, seconds: number): void;
  /**
   * Reads a gauge's value whenever the metrics are asked for; one that cannot be read, or not in time, is left out. One with a label has
   * a value for each of its values.
   */
  gauge(definition: GaugeDefinition, read: GaugeReader): void;
  /** Counts the changes of a breaker from 0. */
  expectBreaker(effect: string): void;
  /** A circuit breaker has changed its state. */
  breaker(effect: string, state: string): void;
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
}

export type GaugeReader = () => GaugeValue | Promise<GaugeValue>;

/** A gauge that hangs must not keep all others from being read; a readiness check may take two seconds. Milliseconds. */
const GAUGE_TIMEOUT = 2_500;

const NOTHING: ReadonlyMap<string, number> = new Map();

/**
 * The delay of the event loop is measured by a timer that goes off so often, whatever else happens, in milliseconds. At the library's 10
 * an idle service woke up a hundred times a second for it.
 */
const EVENT_LOOP_EVERY = 100;

let processRegistry: Registry | undefined;

/** One per process, however many services run in it: each would add a garbage collection observer of its own. */
function ofProcess(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry, eventLoopMonitoringPrecision: EVENT_LOOP_EVERY });
    // No counters, whatever they are called; and what they add up is there besides.
    for (const name of ['handles', 'requests', 'resources']) processRegistry.removeSingleMetric(`nodejs_active_${name}_total`);
  }
  return processRegistry;
}

/** Resolves a child once for each combination of labels, not at each use. */
function cached<Child>(resolve: (...labels: string[]) => Child): (...labels: string[]) => Child {
  const children = new Map<string, Child>();
  return (...labels) => {
    const key = labels.join('\n');
    const child = children.get(key) ?? resolve(...labels);
    children.set(key, child);
    return child;
  };
}

/** The metrics of one service, in a registry of its own: several services may run in one process. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ service });
  const messages = new Counter({ ...definitions.messages, registers });
  const undecodable = new Counter({ ...definitions.undecodable, registers });
  const forged = new Counter({ ...definitions.forged, registers });
  const handling = new Histogram({ ...definitions.handling, buckets: [...definitions.handling.buckets], registers });
  const age = new Histogram({ ...definitions.age, buckets: [...definitions.age.buckets], registers });
  const saga = new Histogram({ ...definitions.saga, buckets: [...definitions.saga.buckets], registers });
  const batchSize = new Histogram({ ...definitions.batchSize, buckets: [...definitions.batchSize.buckets], registers });
  const batchSeconds = new Histogram({ ...definitions.batchSeconds, buckets: [...definitions.batchSeconds.buckets], registers });
  const conflicts = new Counter({ ...definitions.conflicts, registers });
  const deleted = new Counter({ ...definitions.deleted, registers });
  const resent = new Counter({ ...definitions.resent, registers });
  const recreated = new Counter({ ...definitions.recreated, registers });
  const transitions = new Counter({ ...definitions.breakerTransitions, registers });
  const requests = new Histogram({ ...definitions.requests, buckets: [...definitions.requests.buckets], registers });
  const messagesBy = cached((step, result, outcome) => messages.labels(step ?? '', result ?? '', outcome ?? ''));
  const handlingBy = cached((step) => handling.labels(step ?? ''));
  const ageBy = cached((step) => age.labels(step ?? ''));
  const requestsBy = cached((method, route, status) => requests.labels(method ?? '', route ?? '', status ?? ''));
  return {
    handled(step, result, outcome, seconds) {
      messagesBy(step, result, outcome).inc();
      handlingBy(step).observe(seconds);
    },
    expect(step, outcomes, endings) {
      for (const outcome of outcomes) messagesBy(step, 'done', outcome).inc(0);
      for (const result of ['duplicate', 'retried', 'waiting', 'parked']) messagesBy(step, result, result).inc(0);
      for (const ending of endings) saga.zero({ ending });
      handling.zero({ step });
      age.zero({ step });
    },
    expectBreaker(effect) {
      for (const state of ['closed', 'half-open', 'open']) transitions.inc({ effect, state }, 0);
    },
    age: (step, seconds) => ageBy(step).observe(seconds),
    ended: (ending, seconds) => saga.labels(ending).observe(seconds),
    undecodable: () => undecodable.inc(),
    forged: () => forged.inc(),
    batch(size, seconds) {
      batchSize.observe(size);
      batchSeconds.observe(seconds);
    },
    conflict: () => conflicts.inc(),
    breaker: (effect, state) => transitions.inc({ effect, state }),
    deleted: (table, rows) => deleted.inc({ table }, rows),
    resent: (to, events) => resent.inc({ to }, events),
    recreated: (queue, times = 1) => recreated.inc({ queue }, times),
    request: (method, route, status, seconds) => requestsBy(method, route, String(status)).observe(seconds),
    gauge({ name, help, labelNames, label = labelNames?.[0] }, read) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: label === undefined ? [] : [label],
        registers,
        async collect() {
          const value = await inTime(GAUGE_TIMEOUT, read, () => NOTHING).catch(() => NOTHING);
          gauge.reset();
          if (typeof value === 'number') return gauge.set(value);
          if (label === undefined) return gauge.remove();
          for (const [each, number] of value) gauge.set({ [label]: each }, number);
        },
      });
    },
    text: async () => `${await registry.metrics()}\n${await ofProcess().metrics()}`,
    contentType: registry.contentType,
  };
}
