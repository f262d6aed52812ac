export type { BoundStep } from './bound-step.js';
export type { BreakerState } from './breaker.js';
export { type EffectStatus, type EffectsOptions, effectKey } from './effects.js';
export {
  Busy,
  Conflict,
  EffectAway,
  HeldTooLong,
  type LockedRows,
  OutcomeUnknown,
  reasonOf,
  Unavailable,
  WrongOutcome,
} from './errors.js';
export { type ErrorClass, errorClasses, errorClassOf, type Failure, placeOf } from './failure.js';
export { inTime } from './in-time.js';
export type { Intake } from './intake.js';
export { type AwaitedBy, MicroBatcher } from './micro-batch.js';
export type { Handled, Observer, PutAside } from './observer.js';
export { type Answered, type CommandContext, Pipeline, type PipelineOptions } from './pipeline.js';
export * from './ports.js';
export { type InAllMajors, inAllMajors } from './side-by-side.js';
export { BETWEEN_EVENTS, type Decoded, decode, MAX_BYTES, MAX_EVENTS } from './stages/decode.js';
export { lifted } from './stages/upcast.js';
export { isSampled, traceIdIn, traceIdOf } from './trace-context.js';
export type { Refusal, Tracing, Work, WorkResult, WorkSpan } from './work.js';
export { loadsFor, WorkingRows } from './working-rows.js';
