export * from './broker-rights.js';
export * from './database-rights.js';
export * from './definitions.js';
export { hashedPassword } from './password-hash.js';
