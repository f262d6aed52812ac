export { definitions, type MetricDefinition } from './definitions.js';
export { createMetrics, type Metrics } from './metrics.js';
