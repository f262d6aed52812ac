export * from './check.js';
export * from './choreography.js';
export * from './topology.js';
