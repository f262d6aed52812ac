export * from './command.js';
export * from './event.js';
export { type CheckedEvent, checkEvent, dataError, eventSchema, type FieldError, validator } from './validation.js';
export * from './versions.js';
