import { unless, type Violation } from './rules.js';
import type { OrderRow } from './snapshot.js';

/** What the rules read of an event; the kit's `CloudEvent` fits. */
export interface TracedEvent {
  readonly id: string;
  readonly type: string;
  /** `/order-service` */
  readonly source: string;
  readonly subject: string;
  readonly correlationid: string;
  readonly causationid: string;
  /** `<cause>:<step>:<position>` */
  readonly idempotencykey: string;
}

/** A step, as its service declares it. */
export interface DeclaredStep {
  readonly service: string;
  readonly step: string;
  /** Types of the events that it reacts to; none when a request or a timer starts it. */
  readonly consumes: readonly string[];
  readonly emits: readonly string[];
}

/**
 * An event is traceable: a declared step of its source emitted it, and its cause is an event that this step consumes, of the same saga.
 *
 * @param causeOf the event of that id; undefined when there is none
 */
export function traceable(
  event: TracedEvent,
  steps: readonly DeclaredStep[],
  causeOf: (id: string) => TracedEvent | undefined,
): Violation[] {
  const [, name = ''] = event.idempotencykey.split(':');
  const step = steps.find((each) => `/${each.service}` === event.source && each.step === name);
  const why = step === undefined ? `it has no step "${name}"` : untraceable(event, step, causeOf(event.causationid));
  return unless(why === undefined, 'every event is traceable to its cause', () => `${event.type} of ${event.source}: ${why}`);
}

function untraceable(event: TracedEvent, step: DeclaredStep, cause: TracedEvent | undefined): string | undefined {
  if (!step.emits.includes(event.type)) return `"${step.step}" does not declare it`;
  if (step.consumes.length === 0) return event.correlationid === event.subject ? undefined : 'its saga is not its subject';
  if (cause === undefined) return `its cause ${event.causationid} was never emitted`;
  if (!step.consumes.includes(cause.type)) return `"${step.step}" does not consume ${cause.type}`;
  return cause.correlationid === event.correlationid ? undefined : 'it has left its saga';
}

const endings: Readonly<Record<string, string>> = { 'order.completed': 'COMPLETED', 'order.cancelled': 'CANCELLED' };

/**
 * Once every order has ended: exactly one event says so, and says what the row says.
 *
 * @param events each once, however often it was delivered
 */
export function endedOnce(orders: Iterable<OrderRow>, events: Iterable<TracedEvent>): Violation[] {
  const told = new Map<string, string[]>();
  for (const { type, subject } of events) {
    if (type in endings) told.set(subject, [...(told.get(subject) ?? []), type]);
  }
  return [...orders].flatMap(({ orderId, status }) => {
    const types = told.get(orderId) ?? [];
    const right = types.length === 1 && endings[types[0] ?? ''] === status;
    return unless(right, 'an order ends once', () => `${orderId} is ${status}: ${types.join() || 'no ending'}`);
  });
}
