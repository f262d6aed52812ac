import { reactsTo } from '@quickstep/shared/choreography';
import type { Row } from '@quickstep/shared/rows';
import { choreographies } from '@quickstep/system';
import { Audit, durable, endedOnce, type Snapshot } from '@quickstep/system/invariants';
import type { Ledger, Observed } from './ledger.js';
import { asNotification, asOrder, asPayment, asReservation, asShipment, asStock, factsOf, hasEnded } from './rows.js';
import type { Violate } from './rules.js';
import type { PlannedItem, Scenario } from './scenario.js';
import { claimName } from './simulated-database.js';

/** What must hold once everything has ended. */
export class FinalChecks {
  readonly #observed: Observed;
  readonly #ledger: Ledger;
  readonly #violate: Violate;

  constructor(observed: Observed, ledger: Ledger) {
    this.#observed = observed;
    this.#ledger = ledger;
    this.#violate = (rule, detail) => ledger.violate(rule, detail);
  }

  /** @param parked events that an operator still finds in a dead-letter queue, as service and event id */
  run(scenario: Scenario, parked: ReadonlySet<string>): void {
    this.#checkSaga(scenario);
    if (parked.size === 0) this.#checkCancellations();
    this.#checkMails();
    this.#checkCatalogue(scenario.items);
    this.#checkEvents(parked);
  }

  haveAllEnded(): boolean {
    for (const order of this.#rows('order-service', 'orders').values()) if (!hasEnded(order)) return false;
    return true;
  }

  /** Orders that are still open, each with what the order service knows of it. */
  open(): string[] {
    const open = [...this.#rows('order-service', 'orders').values()].filter((order) => !hasEnded(order));
    return open.map((order) => `${order.orderId} is ${order.status}, known: ${factsOf(order).join(', ') || 'nothing'}`);
  }

  #rows(service: string, table: string): ReadonlyMap<string, Row> {
    return this.#observed.databases.get(service)?.table(table) ?? new Map();
  }

  #read<Read>(service: string, table: string, as: (row: Row) => Read): Read[] {
    return [...this.#rows(service, table).values()].map(as);
  }

  /** The saga's invariants. */
  #checkSaga({ items, changes }: Scenario): void {
    const snapshot = this.#snapshot();
    const audit = new Audit();
    audit.add(snapshot);
    // Of an adjustment without an answer nobody knows whether it was made.
    const adjusted = new Set(changes.flatMap(({ sku, delta }) => (delta === undefined ? [] : [sku])));
    const before = new Map(items.flatMap(({ sku, onHand }) => (adjusted.has(sku) ? [] : [[sku, onHand] as const])));
    const found = [
      ...durable(this.#ledger.acceptedOrders, snapshot.orders),
      ...audit.finish(this.#read('inventory-service', 'stock_items', asStock), before),
      ...endedOnce(snapshot.orders, this.#ledger.causes.events.values()),
    ];
    for (const { rule, detail } of found) this.#violate(rule, detail);
  }

  #snapshot(): Snapshot {
    return {
      orders: this.#read('order-service', 'orders', asOrder),
      payments: this.#read('payment-service', 'payments', asPayment),
      reservations: this.#read('inventory-service', 'reservations', asReservation),
      shipments: this.#read('shipping-service', 'shipments', asShipment),
      notifications: this.#read('notification-service', 'notifications', asNotification),
      providers: this.#observed.providers.records(),
    };
  }

  #checkCancellations(): void {
    for (const [orderId, order] of this.#rows('order-service', 'orders')) {
      const facts = factsOf(order);
      const asked = facts.includes('order.cancellation_requested') || this.#ledger.acceptedCancellations.has(orderId);
      const answered = order.status === 'CANCELLED' || facts.includes('shipping.cancellation_rejected');
      if (asked && !answered) this.#violate('a cancellation is carried out or rejected', orderId);
    }
  }

  #checkMails(): void {
    const recorded = this.#read('notification-service', 'notifications', ({ template, orderId }) => `${template} ${orderId}`);
    for (const [mail, times] of this.#observed.providers.mails) {
      if (!recorded.includes(mail)) this.#violate('no effect without its record', `mail ${mail}`);
      if (times > 1) this.#violate('the customer is told once', `${times} mails ${mail}`);
    }
  }

  #checkCatalogue(items: readonly PlannedItem[]): void {
    for (const { sku } of items) {
      const here = this.#rows('inventory-service', 'stock_items').get(sku);
      const there = this.#rows('order-service', 'catalogue_items').get(sku);
      if (here?.revision !== there?.revision || here?.unitPrice !== there?.unitPrice)
        this.#violate(
          'the catalogue follows the warehouse',
          `${sku}: revision ${String(there?.revision)} instead of ${String(here?.revision)}`,
        );
    }
  }

  /** Every event has reached every step that listens. */
  #checkEvents(parked: ReadonlySet<string>): void {
    for (const event of this.#ledger.causes.events.values()) {
      for (const { service, steps } of choreographies) {
        for (const [name, step] of Object.entries(steps)) {
          if (!reactsTo(step).some(({ type }) => type === event.type) || parked.has(`${service} ${event.id}`)) continue;
          const handled = this.#observed.databases.get(service)?.inbox.has(claimName({ step: name, eventId: event.id }));
          if (!handled)
            this.#violate('every event reaches its consumers', `${event.type} was not handled by ${name} of ${service}`);
        }
      }
    }
  }
}
