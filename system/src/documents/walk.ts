import { type AnyDecision, type AnyMessage, type AnyStep, callsOutside, reactsTo } from '@quickstep/shared/choreography';
import type { CloudEvent, EventDraft } from '@quickstep/shared/events';
import { firing, type Given, given, happened, request } from '@quickstep/shared/testing';
import { type ServiceName, serviceNames, services } from '../services.js';
import { type Journey, STOCK } from './journeys.js';
import { outsideWorld } from './outside-world.js';

/** Something that happened on the way, in its order. */
export type Scene =
  | { readonly kind: 'message'; readonly from: Party; readonly to: ServiceName; readonly what: string; readonly event: boolean }
  | { readonly kind: 'call'; readonly from: ServiceName; readonly effect: string }
  | { readonly kind: 'outcome'; readonly at: ServiceName; readonly step: string; readonly outcome: string };
export type Party = ServiceName | 'customer' | 'clock';

export interface Walk {
  readonly journey: Journey;
  readonly scenes: readonly Scene[];
  /** Types of the events that were published, in their order, repetitions included. */
  readonly events: readonly string[];
}

interface Delivery {
  readonly to: ServiceName;
  readonly from: ServiceName;
  readonly event: CloudEvent;
}

const ORDER_ID = '00000000-0000-7000-8000-000000000001';
const SKU = 'SKU-1';
const DEADLINE_MS = 60_000;
const item = { name: 'Teapot', unitPrice: 1_250, currency: 'EUR', onHand: STOCK };

function orderOf({ quantity = 1, paymentMethod = 'pm_card_ok', country = 'GB' }: Journey) {
  const shippingAddress = { name: 'Ada', line1: '1 Main St', city: 'London', postalCode: 'N1', country };
  return { customerId: 'customer-1', items: [{ sku: SKU, quantity }], paymentMethod, shippingAddress };
}

/** The services' real steps over rows in memory, with a broker that delivers in order and a clock that stands still. */
class World {
  readonly scenes: Scene[] = [];
  readonly events: string[] = [];
  now = new Date('2026-01-01T00:00:00.000Z');
  readonly #rows = new Map<ServiceName, Given>(serviceNames.map((name) => [name, given()]));
  readonly #steps: ReadonlyMap<ServiceName, Readonly<Record<string, AnyStep>>>;
  readonly #journey: Journey;
  readonly #queue: Delivery[] = [];
  readonly #heldUp: Delivery[] = [];
  #interrupted = false;

  constructor(journey: Journey) {
    const outside = outsideWorld();
    this.#journey = journey;
    this.#steps = new Map(
      serviceNames.map((name) => [name, services[name].steps(outside, { orderDeadline: DEADLINE_MS }).steps]),
    );
  }

  async run(at: ServiceName, name: string, message: AnyMessage & { readonly type?: string }): Promise<void> {
    const step = this.#steps.get(at)?.[name];
    const rows = this.#rows.get(at);
    if (step === undefined || rows === undefined) throw new TypeError(`${at} has no step "${name}"`);
    const answer = callsOutside(step, message) ? await this.#call(at, step, name, message) : undefined;
    const ended = endOf(rows.when(step, message, { now: this.now, answer }), `${at}: ${name}`);
    this.scenes.push({ kind: 'outcome', at, step: name, outcome: ended.outcome });
    for (const draft of ended.events) await this.#publish(at, draft);
  }

  #call(at: ServiceName, step: AnyStep, name: string, message: AnyMessage & { readonly type?: string }) {
    const { effect = name } = services[at].choreography.steps[name] ?? {};
    this.scenes.push({ kind: 'call', from: at, effect });
    return step.effect?.(message, `${name}:${message.type}:${message.subject}`, new AbortController().signal);
  }

  async #publish(from: ServiceName, draft: EventDraft): Promise<void> {
    const event = happened(draft, { time: this.now.toISOString() });
    this.events.push(event.type);
    const { heldUp, interruption } = this.#journey;
    for (const to of serviceNames) {
      if (listeners(to, event.type).length === 0) continue;
      const held = heldUp?.type === event.type && heldUp.by === to && !this.#interrupted;
      (held ? this.#heldUp : this.#queue).push({ from, to, event });
    }
    if (interruption?.after !== event.type || this.#interrupted) return;
    this.#interrupted = true;
    if (interruption.by === 'customer') return this.command('cancelOrder', request(ORDER_ID, {}));
    this.now = new Date(this.now.getTime() + DEADLINE_MS + 1);
    this.scenes.push({ kind: 'message', from: 'clock', to: 'order', what: 'the deadline', event: false });
    await this.run('order', 'expireOrder', firing(ORDER_ID));
  }

  async command(name: string, message: AnyMessage): Promise<void> {
    this.scenes.push({ kind: 'message', from: 'customer', to: 'order', what: name, event: false });
    await this.run('order', name, message);
  }

  async deliverAll(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { from, to, event } = next;
      this.scenes.push({ kind: 'message', from, to, what: event.type, event: true });
      for (const name of listeners(to, event.type)) await this.run(to, name, event);
    }
  }

  #next(): Delivery | undefined {
    return this.#queue.shift() ?? this.#heldUp.shift();
  }
}

function listeners(service: ServiceName, type: string): string[] {
  const steps = Object.entries(services[service].choreography.steps);
  return steps.filter(([, declared]) => reactsTo(declared).some((each) => each.type === type)).map(([name]) => name);
}

function endOf(decision: AnyDecision, where: string) {
  if ('notDue' in decision) throw new Error(`${where} was not due`);
  if (!('accepted' in decision)) return decision;
  if (decision.accepted) return decision.ended;
  throw new Error(`${where} refused the request: ${decision.detail}`);
}

/**
 * Follows an order on its journey.
 *
 * @throws Error when it does not end as the journey says
 */
export async function walk(journey: Journey): Promise<Walk> {
  const world = new World(journey);
  await world.run('inventory', 'putItem', request(SKU, item));
  await world.deliverAll();
  world.scenes.length = 0;
  world.events.length = 0;
  await world.command('placeOrder', request(ORDER_ID, orderOf(journey)));
  await world.deliverAll();
  const { scenes, events } = world;
  const endings = events.filter((type) => /^order\.(completed|cancelled)$/.test(type));
  if (endings.join() !== journey.ending) {
    throw new Error(`The journey "${journey.title}" ended in "${endings.join()}" instead of ${journey.ending}`);
  }
  return { journey, scenes, events };
}

/** What the journey that everybody hopes for is made of: events by their types, steps as `order.placeOrder`. */
export interface Forward {
  readonly types: ReadonlySet<string>;
  readonly steps: ReadonlySet<string>;
}

export function forwardOf({ events, scenes }: Walk): Forward {
  const steps = scenes.flatMap((each) => (each.kind === 'outcome' ? [`${each.at}.${each.step}`] : []));
  return { types: new Set(events), steps: new Set(steps) };
}
