import type { ReadinessCheck, Route } from '../http/index.js';
import type { GaugeDefinition, GaugeValue, Metrics } from '../telemetry/index.js';
import type { ShutdownStack } from './shutdown-stack.js';

/** What a service counts by asking whenever the metrics are read. */
export interface ServiceGauge extends GaugeDefinition {
  read(): GaugeValue | Promise<GaugeValue>;
}

/** One part of a service: what it starts, and what it adds to readiness, metrics and HTTP. A new capability is a new part. */
export interface Part<Context = unknown> {
  readonly name: string;
  start?(): Promise<void>;
  /** Also called when `start` failed half-way. Gives up what it waits for when the signal is aborted. */
  stop?(signal: AbortSignal): unknown;
  /** What it still waits for when it does not stop in time, for the log. */
  waitsFor?(): string | undefined;
  /** Answers whoever still waits or listens; called before the HTTP server stops, which waits for them. */
  close?(): void;
  readonly checks?: readonly ReadinessCheck[];
  readonly gauges?: readonly ServiceGauge[];
  readonly routes?: readonly Route<Context>[];
}

/** Starts parts one after the other, and collects what they add. They stop in reverse order. */
export class Assembly {
  readonly checks: ReadinessCheck[] = [];
  readonly #stack: ShutdownStack;
  readonly #metrics: Metrics;

  constructor(stack: ShutdownStack, metrics: Metrics) {
    this.#stack = stack;
    this.#metrics = metrics;
  }

  /** @throws whatever the part's start throws */
  async add<P extends Part<never>>(part: P): Promise<P> {
    this.#stack.add(
      part.name,
      (signal) => part.stop?.(signal),
      () => part.waitsFor?.(),
    );
    await part.start?.();
    this.checks.push(...(part.checks ?? []));
    for (const gauge of part.gauges ?? []) this.#metrics.gauge(gauge, () => gauge.read());
    return part;
  }
}
