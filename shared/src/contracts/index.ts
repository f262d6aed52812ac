export * from './command.js';
export * from './event.js';
export * from './fields.js';
export * from './inventory.js';
export * from './notifications.js';
export * from './orders.js';
export * from './payments.js';
export * from './shipping.js';
export { type CheckedEvent, checkEvent, dataError, eventSchema, type FieldError, validator } from './validation.js';
