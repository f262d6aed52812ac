import type { CloudEvent } from '@quickstep/shared/events';
import type { Changes, Observer } from '@quickstep/shared/pipeline';
import { durable, moved, parcelBooked } from '@quickstep/system/invariants';
import { Causes } from './causes.js';
import type { Faults } from './faults.js';
import { checkOrder, checkPayment, HeldStock } from './invariants.js';
import type { ProviderRecords } from './providers.js';
import type { Rule, Violate, Violation } from './rules.js';
import type { SimulatedDatabase } from './simulated-database.js';
import type { Trace } from './trace.js';

export interface Observed {
  readonly databases: ReadonlyMap<string, SimulatedDatabase>;
  readonly providers: ProviderRecords;
}

/** Watches everything that is committed, published, handled and done outside, and checks each change as it happens. */
export class Ledger {
  /** The first is the one that counts: what comes after may follow from it. */
  readonly violations: Violation[] = [];
  readonly causes: Causes;
  readonly #stock: HeldStock;
  /** Orders that a client was told are placed, and those whose cancellation was accepted. */
  readonly acceptedOrders = new Set<string>();
  readonly acceptedCancellations = new Set<string>();
  readonly #done = new Set<string>();
  readonly #before = new Map<string, unknown>();
  readonly #faults: Faults;
  readonly #trace: Trace;
  #observed: Observed | undefined;

  constructor(faults: Faults, trace: Trace) {
    this.#faults = faults;
    this.#trace = trace;
    const violate: Violate = (rule, detail) => this.violate(rule, detail);
    this.causes = new Causes(violate);
    this.#stock = new HeldStock(violate);
  }

  watch(observed: Observed): void {
    this.#observed = observed;
  }

  get violation(): Violation | undefined {
    return this.violations[0];
  }

  violate(rule: Rule, detail: string): void {
    this.violations.push({ rule, detail });
    this.#trace.note('checker', 'checker', `VIOLATION of "${rule}": ${detail}`);
  }

  request(id: string, about: string): void {
    this.causes.request(id, about);
  }

  /** The client was told so: it must be durable. */
  accepted(orderId: string): void {
    this.acceptedOrders.add(orderId);
    this.#all(durable([orderId], this.#order(orderId) === undefined ? [] : [{ orderId }]));
  }

  cancellationAccepted(orderId: string): void {
    this.acceptedCancellations.add(orderId);
  }

  mustHaveEnded(orderId: string): void {
    const status = this.#order(orderId)?.status;
    if (status !== 'COMPLETED' && status !== 'CANCELLED')
      this.violate('only an ended order cannot be cancelled', `${orderId} is ${status}`);
  }

  committed({ service }: SimulatedDatabase, changes: Changes): void {
    const violate: Violate = (rule, detail) => this.violate(rule, detail);
    this.causes.emitted(changes.outbox?.events ?? [], (orderId) => this.#before.get(`orders ${orderId}`));
    for (const { table, rows } of [...changes.updates, ...changes.inserts]) {
      for (const row of rows) {
        const key = `${table.name} ${String(row[table.key])}`;
        if (table.name === 'orders') checkOrder(this.#before.get(key), row, violate);
        if (table.name === 'payments') checkPayment(row, violate);
        if (table.name === 'orders') this.#before.set(key, row.status);
      }
    }
    if (service === 'inventory-service') this.#stock.committed(changes);
  }

  /** What reaches the broker must have been committed before. */
  published(event: CloudEvent): void {
    if (!this.causes.knows(event.id)) this.violate('only what was committed is published', `${event.type} ${event.id}`);
  }

  /** A message was given up before its attempts were used up: its step says that trying again cannot help. */
  givenUp(service: string, reason: string): void {
    this.violate('no step meets what cannot happen', `${service}: ${reason}`);
  }

  /** Gateway or carrier did something for an order. */
  acted(orderId: string): void {
    const record = this.#observed?.providers.recordOf(orderId);
    if (record !== undefined) this.#all([...moved(record), ...parcelBooked(orderId, record.parcels ?? [], record.recalled)]);
  }

  observerOf(service: string): Observer {
    return {
      putAside: ({ step, message: { subject }, as, reason }) => {
        this.#faults.count(`handled: ${as}`);
        this.#trace.note(service, service, `${step} ${this.#trace.shortOf(subject)}: ${as} (${reason})`);
      },
      handled: ({ step, message: { id, subject }, result }) => {
        this.#faults.count(`handled: ${result.kind}`);
        const outcome = result.kind === 'done' ? `: ${result.outcome}` : ` ${result.kind}`;
        this.#trace.note(service, service, `${step} ${this.#trace.shortOf(subject)}${outcome}`);
        if (result.kind !== 'done') return;
        const name = `${step} ${id}`;
        if (this.#done.has(name))
          this.violate('an event takes effect once', `${service} carried out ${step} twice for one event`);
        this.#done.add(name);
      },
      undecodable: (reason) => this.violate('every event keeps its contract', `${service}: ${reason}`),
      forged: (reason) => this.violate('every event comes from whom its contract says', `${service}: ${reason}`),
      batch: () => undefined,
      conflict: () => this.#faults.count('conflict'),
      breaker: (effect, state) => {
        this.#faults.count(`breaker ${state}`);
        this.#trace.note(service, service, `circuit breaker of the ${effect}: ${state}`);
      },
      trouble: (what) => this.#trace.note(service, service, what),
    };
  }

  #all(found: readonly Violation[]): void {
    for (const { rule, detail } of found) this.violate(rule, detail);
  }

  #order(orderId: string) {
    return this.#observed?.databases.get('order-service')?.table('orders').get(orderId);
  }
}
