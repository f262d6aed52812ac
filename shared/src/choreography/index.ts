export * from './check.js';
export * from './choreography.js';
export * from './errors.js';
export * from './layout.js';
export * from './step.js';
export * from './topology.js';
