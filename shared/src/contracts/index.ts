export * from './analytics.js';
export * from './fields.js';
export * from './inventory.js';
export * from './notifications.js';
export * from './orders.js';
export * from './payments.js';
export * from './reasons.js';
export * from './shipping.js';
