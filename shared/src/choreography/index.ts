export * from './check.js';
export * from './choreography.js';
export * from './errors.js';
export * from './layout.js';
export * from './request-hash.js';
export * from './retry.js';
export type { RetryPolicy } from './retry-policy.js';
export * from './step.js';
export * from './topology.js';
