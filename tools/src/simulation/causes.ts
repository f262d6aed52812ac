import type { CloudEvent } from '@quickstep/shared/contracts';
import type { OutgoingEvent } from '@quickstep/shared/pipeline';
import { declared } from './services.js';

/** Every event that was ever promised, and whether the declarations allow what caused it. */
export class Causes {
  readonly events = new Map<string, CloudEvent>();
  readonly #keys = new Set<string>();
  readonly #requests = new Set<string>();
  readonly #violate: (rule: string, detail: string) => void;

  constructor(violate: (rule: string, detail: string) => void) {
    this.#violate = violate;
  }

  request(id: string): void {
    this.#requests.add(id);
  }

  knows(eventId: string): boolean {
    return this.events.has(eventId);
  }

  /** @param statusOf what was last known of an order, before the transaction that emits */
  emitted(service: string, events: readonly OutgoingEvent[], statusOf: (orderId: string) => unknown): void {
    for (const { event } of events) {
      if (this.#keys.has(event.idempotencykey))
        this.#violate('one cause has one effect', `${event.type} was emitted twice by ${event.idempotencykey}`);
      this.#checkCause(service, event);
      const status = statusOf(event.subject);
      if (event.type === 'order.cancellation_requested' && (status === 'COMPLETED' || status === 'CANCELLED')) {
        this.#violate('nobody cancels an ended order', `${event.subject} is ${status}`);
      }
      this.#keys.add(event.idempotencykey);
      this.events.set(event.id, event);
    }
  }

  #checkCause(service: string, event: CloudEvent): void {
    const [, name = ''] = event.idempotencykey.split(':');
    const step = declared.find((each) => each.service === service)?.steps[name];
    const cause = this.events.get(event.causationid);
    const untraceable = (why: string) =>
      this.#violate('every event is traceable to its cause', `${event.type} of ${service}: ${why}`);
    if (step === undefined) return untraceable(`there is no step "${name}"`);
    if (!step.emits.some(({ type }) => type === event.type)) return untraceable(`"${name}" does not declare it`);
    if ('command' in step && !this.#requests.has(event.causationid)) return untraceable('no such request');
    if (!('on' in step)) return;
    if (cause === undefined) return untraceable(`its cause ${event.causationid} was never emitted`);
    if (!step.on.some(({ type }) => type === cause.type)) return untraceable(`"${name}" does not consume ${cause.type}`);
    if (cause.correlationid !== event.correlationid) return untraceable('it has left its saga');
  }
}
