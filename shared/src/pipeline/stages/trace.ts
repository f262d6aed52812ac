import type { Stage, Tracing, Work } from '../work.js';

/** Begins a span for each piece of work whose trace is sampled, and makes it the parent of what the work emits. */
export function traceStage(tracing: Tracing | undefined): Stage<Work, Work> {
  return (next) => {
    if (tracing === undefined) return next;
    return (work) => {
      const span = tracing.begin(work);
      if (span === undefined) return next(work);
      next({
        ...work,
        cause: { ...work.cause, traceparent: span.traceparent, recorded: true },
        span,
        settle(result) {
          span.end(result);
          work.settle(result);
        },
      });
    };
  };
}
