export { definitions, type MetricDefinition } from './definitions.js';
export { createMetrics, type GaugeDefinition, type GaugeValue, type Metrics } from './metrics.js';
