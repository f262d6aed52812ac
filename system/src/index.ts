export { declaredSteps } from './declared-steps.js';
export * from './services.js';
