export * from './evolve.js';
export * from './status.js';
