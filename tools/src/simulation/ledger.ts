import type { CloudEvent } from '@quickstep/shared/events';
import type { Changes, Observer } from '@quickstep/shared/pipeline';
import { Causes } from './causes.js';
import type { Faults } from './faults.js';
import { checkMoney, checkOrder, checkParcel, checkPayment, StockBooks } from './invariants.js';
import type { SimulatedDatabase } from './simulated-database.js';
import type { SimulatedProviders } from './simulated-providers.js';
import type { Trace } from './trace.js';

/** A rule of DESIGN section 4, or one that follows from it, did not hold. */
export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

export interface Observed {
  readonly databases: ReadonlyMap<string, SimulatedDatabase>;
  readonly providers: SimulatedProviders;
}

/** Watches everything that is committed, published, handled and done outside, and checks each change as it happens. */
export class Ledger {
  violation: Violation | undefined;
  readonly causes: Causes;
  readonly stock: StockBooks;
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
    const violate = (rule: string, detail: string) => this.violate(rule, detail);
    this.causes = new Causes(violate);
    this.stock = new StockBooks(violate);
  }

  watch(observed: Observed): void {
    this.#observed = observed;
  }

  /** The first violation counts; what comes after may follow from it. */
  violate(rule: string, detail: string): void {
    if (this.violation !== undefined) return;
    this.violation = { rule, detail };
    this.#trace.note('checker', 'checker', `VIOLATION of "${rule}": ${detail}`);
  }

  request(id: string, about: string): void {
    this.causes.request(id, about);
  }

  /** The client was told so: it must be durable. */
  accepted(orderId: string): void {
    this.acceptedOrders.add(orderId);
    if (!this.#order(orderId)) this.violate('what was accepted is durable', `order ${orderId} is in no table`);
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
    const violate = (rule: string, detail: string) => this.violate(rule, detail);
    this.causes.emitted(service, changes.outbox?.events ?? [], (orderId) => this.#before.get(`orders ${orderId}`));
    for (const { table, rows } of [...changes.updates, ...changes.inserts]) {
      for (const row of rows) {
        const key = `${table.name} ${String(row[table.key])}`;
        if (table.name === 'orders') checkOrder(this.#before.get(key), row, violate);
        if (table.name === 'payments') checkPayment(row, violate);
        if (table.name === 'orders') this.#before.set(key, row.status);
      }
    }
    if (service === 'inventory-service') this.stock.committed(changes);
  }

  /** What reaches the broker must have been committed before. */
  published(event: CloudEvent): void {
    if (!this.causes.knows(event.id)) this.violate('only what was committed is published', `${event.type} ${event.id}`);
  }

  /** A message was given up before its attempts were used up: its step says that trying again cannot help. */
  givenUp(service: string, reason: string): void {
    this.violate('no step meets what cannot happen', `${service}: ${reason}`);
  }

  moneyMoved(orderId: string): void {
    if (this.#observed !== undefined) checkMoney(orderId, this.#observed.providers, (rule, detail) => this.violate(rule, detail));
  }

  parcelBooked(orderId: string): void {
    if (this.#observed !== undefined)
      checkParcel(orderId, this.#observed.providers, (rule, detail) => this.violate(rule, detail));
  }

  observerOf(service: string): Observer {
    return {
      handled: (step, { id, subject }, as, _since, reason) => {
        this.#faults.count(`handled: ${as}`);
        this.#trace.note(
          service,
          service,
          `${step} ${this.#trace.shortOf(subject)}: ${as}${reason === undefined ? '' : ` (${reason})`}`,
        );
        if (as !== 'done') return;
        const name = `${step} ${id}`;
        if (this.#done.has(name))
          this.violate('an event takes effect once', `${service} carried out ${step} twice for one event`);
        this.#done.add(name);
      },
      undecodable: (reason) => this.violate('every event keeps its contract', `${service}: ${reason}`),
      forged: (reason) => this.violate('every event comes from whom its contract says', `${service}: ${reason}`),
      batch: () => undefined,
      conflict: () => this.#faults.count('conflict'),
      trouble: (what) => this.#trace.note(service, service, what),
    };
  }

  #order(orderId: string) {
    return this.#observed?.databases.get('order-service')?.table('orders').get(orderId);
  }
}
