export * from '../db/facts.js';
export * from './progress.js';
export * from './reason.js';
export * from './status.js';
