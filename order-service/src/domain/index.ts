export * from '../db/facts.js';
export * from './progress.js';
export * from './status.js';
