export { definitions, type MetricDefinition } from './definitions.js';
export { createMetrics, type Metrics, type Reading } from './metrics.js';
