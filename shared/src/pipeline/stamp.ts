import { Permanent } from '../choreography/index.js';
import { type CloudEvent, dataError, type EventContract, type EventDraft, type FieldError } from '../events/index.js';
import type { NewId, OutgoingEvent } from './ports.js';
import { spanIdOf, traceIdIn, traceIdOf } from './trace-context.js';

/** What caused an event: another event (whose saga and trace it joins), a request, or a timer firing. */
export interface Cause {
  readonly id: string;
  readonly tenantid: string;
  /** The saga; when the cause began it, the subject of the event. */
  readonly correlationid?: string | undefined;
  readonly traceparent?: string | undefined;
  /** `traceparent` is that of a span which is recorded here: that of the work itself. */
  readonly recorded?: boolean;
}

/**
 * The caller's trace goes on, with the span that emits the event as the parent of what follows, or the event itself where no span is
 * recorded. A trace that nobody has decided to record counts as not sampled.
 */
function traceparent(cause: Cause, correlationId: string, eventId: string): string {
  if (cause.recorded && cause.traceparent !== undefined) return cause.traceparent;
  const inherited = traceIdIn(cause.traceparent);
  if (inherited !== undefined) return `00-${inherited}-${spanIdOf(eventId)}-${cause.traceparent?.slice(53, 55)}`;
  return `00-${traceIdOf(correlationId, cause.id) ?? eventId.replaceAll('-', '')}-${spanIdOf(eventId)}-00`;
}

/** What is wrong with the data in an older major in which the event is published, too. */
function olderError({ earlier }: EventContract, data: unknown): FieldError | undefined {
  if (earlier.length === 0) return undefined;
  for (const each of earlier) {
    const error = each.downcast === undefined ? undefined : dataError(each, each.downcast(data));
    if (error !== undefined) return { ...error, detail: `${error.detail} in version ${each.dataversion}` };
  }
  return undefined;
}

/** Makes an event of a draft: gives it an id, time and cause, and checks it against its contract. */
export function stamper(service: string, newId: NewId) {
  const source = `/${service}`;
  /** @throws Permanent when the event breaks its contract: a bug in the step, which no retry mends */
  return function stamp(
    contract: EventContract,
    draft: EventDraft,
    cause: Cause,
    step: string,
    position: number,
    time: string,
  ): OutgoingEvent {
    const error = dataError(contract, draft.data) ?? olderError(contract, draft.data);
    if (error !== undefined) {
      throw new Permanent(
        `Step "${step}" emitted a ${contract.type} that breaks its contract: /data${error.pointer} ${error.detail}`,
      );
    }
    const id = newId();
    const subject = String((draft.data as Readonly<Record<string, unknown>>)[contract.subject]);
    const correlationid = cause.correlationid ?? subject;
    const event: CloudEvent = {
      specversion: '1.0',
      id,
      type: contract.type,
      source,
      subject,
      time,
      datacontenttype: 'application/json',
      dataschema: `urn:quickstep:${contract.type}:${contract.dataversion}`,
      dataversion: contract.dataversion,
      correlationid,
      causationid: cause.id,
      tenantid: cause.tenantid,
      idempotencykey: `${cause.id}:${step}:${position}`,
      traceparent: traceparent(cause, correlationid, id),
      data: draft.data,
    };
    return { event, body: JSON.stringify(event), final: contract.final };
  };
}
