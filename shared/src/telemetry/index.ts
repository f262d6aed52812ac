export { definitions } from './definitions.js';
export { createMetrics, type Metrics } from './metrics.js';
