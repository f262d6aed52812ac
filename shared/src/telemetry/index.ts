export { definitions, type MetricDefinition } from './definitions.js';
export { createMetrics, type GaugeDefinition, type GaugeValue, type Metrics } from './metrics.js';
export { type Sample, samplesOf, sumOf } from './samples.js';
export { conventional, own, SCHEMA_URL } from './tracing/conventions.js';
export type { RequestSpan, RequestTracing, TracedRequest } from './tracing/requests.js';
export { openTraces, type Traces, type TracesOptions } from './tracing/traces.js';
