export type { BoundStep, Work, WorkResult } from './batch.js';
export { BETWEEN_EVENTS } from './decode.js';
export { Conflict, messageOf, OutcomeUnknown, Unavailable } from './errors.js';
export { type AwaitedBy, MicroBatcher } from './micro-batch.js';
export { type HandledAs, type Observer, silent } from './observer.js';
export { type CommandContext, Pipeline, type PipelineOptions } from './pipeline.js';
export * from './ports.js';
