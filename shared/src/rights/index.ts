export * from './broker-rights.js';
export * from './database-rights.js';
export * from './definitions.js';
export { type BrokerAdministrator, type Management, ManagementError, managementOf } from './management.js';
export { hashedPassword } from './password-hash.js';
export * from './set-up-broker.js';
export * from './set-up-database.js';
export { SetUpRefused } from './set-up-refused.js';
