import type { CloudEvent } from '@quickstep/shared/events';
import type { OutgoingEvent } from '@quickstep/shared/pipeline';
import { declaredSteps } from '@quickstep/system';
import { traceable } from '@quickstep/system/invariants';
import type { Violate } from './rules.js';
import { commandSteps } from './services.js';

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
  readonly #violate: Violate;

  constructor(violate: Violate) {
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
  emitted(events: readonly OutgoingEvent[], statusOf: (orderId: string) => unknown): void {
    for (const { event } of events) {
      if (this.#keys.has(event.idempotencykey))
        this.#violate('one cause has one effect', `${event.type} was emitted twice by ${event.idempotencykey}`);
      const found = traceable(event, declaredSteps, (id) => this.events.get(id));
      for (const { rule, detail } of found) this.#violate(rule, detail);
      const [, step = ''] = event.idempotencykey.split(':');
      if (commandSteps.has(step) && !this.#requests.has(event.causationid))
        this.#violate('every event is traceable to its cause', `${event.type}: no such request`);
      const status = statusOf(event.subject);
      if (event.type === 'order.cancellation_requested' && (status === 'COMPLETED' || status === 'CANCELLED')) {
        this.#violate('nobody cancels an ended order', `${event.subject} is ${status}`);
      }
      this.#keys.add(event.idempotencykey);
      this.events.set(event.id, event);
    }
  }
}
