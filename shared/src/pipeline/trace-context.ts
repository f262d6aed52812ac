/** W3C trace context, level 1 (https://www.w3.org/TR/trace-context/#traceparent-header), as far as events carry it. */
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SAMPLED = 1;

const hex = (id: string) => id.replaceAll('-', '');

/** Undefined when it has no valid trace id. */
export function traceIdIn(traceparent: string | undefined): string | undefined {
  const id = traceparent?.slice(3, 35);
  return id !== undefined && TRACE_ID.test(id) ? id : undefined;
}

/** Whether somebody before has decided to record the trace. */
export function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(53, 55), 16) & SAMPLED) === SAMPLED;
}

/**
 * The trace of what nobody traces yet is named by the saga's id, or else by the request's: who has an order's id has its trace. Undefined
 * when neither is a UUID.
 */
export function traceIdOf(correlationId: string, causeId: string): string | undefined {
  const named = hex(correlationId);
  if (TRACE_ID.test(named)) return named;
  const caused = hex(causeId);
  return TRACE_ID.test(caused) ? caused : undefined;
}

/** A span id that is made of an event's id, for an event that no recorded span emits. */
export function spanIdOf(eventId: string): string {
  return `${eventId.slice(19, 23)}${eventId.slice(24)}`;
}
