export { declaredSteps } from './declared-steps.js';
export { operations } from './operations.js';
export * from './services.js';
