import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  type Sampler,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { SCHEMA_URL } from './conventions.js';
import type { Origin, Recording } from './recorded-span.js';

/** The names of OTEL_TRACES_SAMPLER (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
export const samplers = [
  'parentbased_always_on',
  'parentbased_traceidratio',
  'parentbased_always_off',
  'always_on',
  'traceidratio',
  'always_off',
] as const;
export type SamplerName = (typeof samplers)[number];

export interface SdkOptions {
  readonly service: string;
  /** Base URL of an OTLP receiver; spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  readonly sampler: SamplerName;
  /** Share of the traces that the samplers with a ratio record, 0 to 1. */
  readonly ratio: number;
  /** Spans could not be delivered; they are lost. */
  failed(error: unknown): void;
}

/** An SDK of its own for each service, not the global one: several services may run in one process. */
export interface Sdk extends Recording {
  /** Delivers what is left. */
  stop(): Promise<void>;
}

/** A receiver that is away must not hold up a stop. Milliseconds. */
const EXPORT_TIMEOUT = 3_000;
/** Whoever looks for a trace wants it soon. Milliseconds. */
const EXPORT_EVERY = 1_000;

function rootSampler({ sampler, ratio }: SdkOptions): Sampler {
  if (sampler.endsWith('traceidratio')) return new TraceIdRatioBasedSampler(ratio);
  return sampler.endsWith('always_on') ? new AlwaysOnSampler() : new AlwaysOffSampler();
}

/** The exporter retries by itself; what it then gives up on is told, not thrown. */
function reporting(exporter: SpanExporter, failed: (error: unknown) => void): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined) failed(result.error);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

/** Loaded only when an exporter is configured. */
export function startSdk(options: SdkOptions): Sdk {
  const { service, endpoint, failed } = options;
  const root = rootSampler(options);
  const parentBased = options.sampler.startsWith('parentbased');
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT });
  const processor = new BatchSpanProcessor({
    exporter: reporting(exporter, failed),
    exportTimeoutMillis: EXPORT_TIMEOUT,
    scheduledDelayMillis: EXPORT_EVERY,
  });
  const origin: Origin = {
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'quickstep' }),
    instrumentationScope: { name: '@quickstep/shared', schemaUrl: SCHEMA_URL },
    take: (span) => processor.onEnd(span),
  };
  return {
    samples(traceId, parentSampled) {
      if (parentBased && parentSampled !== undefined) return parentSampled;
      return (
        root.shouldSample(ROOT_CONTEXT, traceId, '', SpanKind.INTERNAL, {}, []).decision === SamplingDecision.RECORD_AND_SAMPLED
      );
    },
    origin,
    stop: () => processor.shutdown(),
  };
}
