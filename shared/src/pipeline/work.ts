import type { AnyMessage, RefusalKind, Refused } from '../choreography/index.js';
import type { CloudEvent } from '../events/index.js';
import type { BoundStep } from './bound-step.js';
import type { AwaitedBy } from './micro-batch.js';
import type { Cause } from './stamp.js';

/** How a piece of work ended. A failed one has left nothing behind. */
export type WorkResult =
  | {
      readonly kind: 'done';
      readonly outcome: string;
      readonly reply: unknown;
      /** How long the saga took that ends with it, in milliseconds. */
      readonly sagaMilliseconds?: number;
    }
  | { readonly kind: 'duplicate' }
  /** A timer's row was not due any more. */
  | { readonly kind: 'notDue' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A refused command, with the kind that its step declares for the code. */
export interface Refusal extends Refused {
  readonly kind: RefusalKind;
}

/** What is recorded of one piece of work. */
export interface WorkSpan {
  /** W3C trace context of this span: the parent of whatever follows from the work. */
  readonly traceparent: string;
  /** A call to the outside world begins; the result ends it. */
  effect(name: string): (error?: unknown) => void;
  /** The work was committed with others, in the batch that this is the trace context of. */
  joins(batch: string): void;
  end(result: WorkResult): void;
}

/** Who records traces. Asked for every piece of work, so it says quickly that a trace is not sampled. */
export interface Tracing {
  /** Undefined when the trace of the work is not sampled. */
  begin(work: Work): WorkSpan | undefined;
  /** All this was committed together. @param since when its transaction began, from `performance.now()` */
  batch(works: readonly Work[], since: number): void;
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
  /** Set when its trace is recorded. */
  readonly span?: WorkSpan;
  /** Set when the message is an event: it is claimed in the inbox. */
  readonly event?: {
    readonly event: CloudEvent;
    readonly body: string;
    /** It may have been handled before. */
    readonly repeated: boolean;
  };
  /** Called once, when the work is committed, refused, or has failed. */
  settle(result: WorkResult): void;
}

/** A stage takes what the one before hands on, and hands on or settles it. pipeline.ts puts them in a row. */
export type Stage<In, Out> = (next: (out: Out) => void) => (input: In) => void;
