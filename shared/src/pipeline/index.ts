export type { BoundStep } from './bound-step.js';
export { type EffectsOptions, effectKey, type Guard } from './effects.js';
export { Busy, Conflict, type LockedRows, OutcomeUnknown, reasonOf, Unavailable } from './errors.js';
export { type AwaitedBy, MicroBatcher } from './micro-batch.js';
export { type Handled, type Observer, type PutAside, silent } from './observer.js';
export { type Answered, type CommandContext, Pipeline, type PipelineOptions } from './pipeline.js';
export * from './ports.js';
export { BETWEEN_EVENTS } from './stages/decode.js';
export type { Refusal, Work, WorkResult } from './work.js';
