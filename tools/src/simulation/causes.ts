import { emitsOf, reactsTo } from '@quickstep/shared/choreography';
import type { CloudEvent } from '@quickstep/shared/events';
import type { OutgoingEvent } from '@quickstep/shared/pipeline';
import { declared } from './services.js';

const interned = new Map<string, string>();

/** Names of events would grow with every link of their chain. */
function intern(name: string): string {
  let short = interned.get(name);
  if (short === undefined) {
    short = `e${interned.size}`;
    interned.set(name, short);
  }
  return short;
}

/** Every event that was ever promised, and whether the declarations allow what caused it. */
export class Causes {
  readonly events = new Map<string, CloudEvent>();
  readonly #keys = new Set<string>();
  readonly #requests = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #violate: (rule: string, detail: string) => void;

  constructor(violate: (rule: string, detail: string) => void) {
    this.#violate = violate;
  }

  request(id: string, about: string): void {
    this.#requests.set(id, about);
  }

  /** A name that is the same in every run of a world: what the id stands for, or how the event came about. */
  nameOf(id: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const event = this.events.get(id);
    const how = event?.idempotencykey.slice(event.causationid.length);
    const name = event === undefined ? (this.#requests.get(id) ?? 'a timer') : intern(`${this.nameOf(event.causationid)}${how}`);
    this.#names.set(id, name);
    return name;
  }

  knows(eventId: string): boolean {
    return this.events.has(eventId);
  }

  /** @param statusOf what was last known of an order, before the transaction that emits */
  emitted(service: string, events: readonly OutgoingEvent[], statusOf: (orderId: string) => unknown): void {
    for (const { event } of events) {
      if (this.#keys.has(event.idempotencykey))
        this.#violate('one cause has one effect', `${event.type} was emitted twice by ${event.idempotencykey}`);
      const why = this.#untraceable(service, event);
      if (why !== undefined) this.#violate('every event is traceable to its cause', `${event.type} of ${service}: ${why}`);
      const status = statusOf(event.subject);
      if (event.type === 'order.cancellation_requested' && (status === 'COMPLETED' || status === 'CANCELLED')) {
        this.#violate('nobody cancels an ended order', `${event.subject} is ${status}`);
      }
      this.#keys.add(event.idempotencykey);
      this.events.set(event.id, event);
    }
  }

  #untraceable(service: string, event: CloudEvent): string | undefined {
    const [, name = ''] = event.idempotencykey.split(':');
    const step = declared.find((each) => each.service === service)?.steps[name];
    const cause = this.events.get(event.causationid);
    if (step === undefined) return `there is no step "${name}"`;
    if (!emitsOf(step).some(({ type }) => type === event.type)) return `"${name}" does not declare it`;
    if (step.kind === 'command') return this.#requests.has(event.causationid) ? undefined : 'no such request';
    if (step.kind === 'timer') return undefined;
    if (cause === undefined) return `its cause ${event.causationid} was never emitted`;
    if (!reactsTo(step).some(({ type }) => type === cause.type)) return `"${name}" does not consume ${cause.type}`;
    return cause.correlationid === event.correlationid ? undefined : 'it has left its saga';
  }
}
