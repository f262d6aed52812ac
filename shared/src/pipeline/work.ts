import type { AnyMessage, RefusalKind, Refused } from '../choreography/index.js';
import type { CloudEvent } from '../events/index.js';
import type { BoundStep } from './bound-step.js';
import type { AwaitedBy } from './micro-batch.js';
import type { Cause } from './stamp.js';

/** How a piece of work ended. A failed one has left nothing behind. */
export type WorkResult =
  | { readonly kind: 'done'; readonly outcome: string; readonly reply: unknown }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A refused command, with the kind that its step declares for the code. */
export interface Refusal extends Refused {
  readonly kind: RefusalKind;
}

/** One message for one step: what the stages of the pipeline hand on. */
export interface Work {
  readonly bound: BoundStep;
  readonly message: AnyMessage;
  readonly cause: Cause;
  /** Who waits for what follows from it. */
  readonly awaitedBy: AwaitedBy;
  /** What the step's effect answered. */
  readonly answer: unknown;
  /** Set when the message is an event: it is claimed in the inbox. */
  readonly event?: { readonly event: CloudEvent; readonly body: string };
  /** Called once, when the work is committed, refused, or has failed. */
  settle(result: WorkResult): void;
}

/** A stage takes what the one before hands on, and hands on or settles it. pipeline.ts puts them in a row. */
export type Stage<In, Out> = (next: (out: Out) => void) => (input: In) => void;
