export { type FreshDatabase, freshDatabase } from './database.js';
export * from './given.js';
export * from './surroundings.js';
export * from './until.js';
export * from './vhost.js';
