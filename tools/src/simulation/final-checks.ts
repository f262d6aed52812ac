import type { Row } from '@quickstep/shared/rows';
import type { Violate } from './invariants.js';
import type { Ledger, Observed } from './ledger.js';
import { hasEnded, hasFact, numberOf, textOf } from './rows.js';
import type { PlannedItem, Scenario } from './scenario.js';
import { declared } from './services.js';
import { claimName } from './simulated-database.js';

/** What must hold once the world has settled. */
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
    for (const order of this.#rows('order-service', 'orders').values()) this.#checkOrder(order, parked);
    for (const orderId of this.#ledger.acceptedOrders) {
      if (!this.#rows('order-service', 'orders').has(orderId)) this.#violate('what was accepted is durable', orderId);
    }
    this.#checkEffects();
    this.#checkMoney();
    this.#checkStock(scenario);
    this.#checkCatalogue(scenario.items);
    this.#checkEvents(parked);
  }

  /** Orders that are still open. */
  open(): string[] {
    return [...this.#rows('order-service', 'orders').values()].flatMap((order) =>
      hasEnded(order) ? [] : [textOf(order, 'orderId')],
    );
  }

  #rows(service: string, table: string): ReadonlyMap<string, Row> {
    return this.#observed.databases.get(service)?.table(table) ?? new Map();
  }

  #checkOrder(order: Row, parked: ReadonlySet<string>): void {
    const orderId = textOf(order, 'orderId');
    const { status } = order;
    if (!hasEnded(order)) this.#violate('every order ends', `${orderId} is ${status}`);
    const { charges, refunds, parcels, recalled } = this.#observed.providers;
    const charged = charges.get(orderId)?.length ?? 0;
    const refunded = refunds.get(orderId)?.length ?? 0;
    const booked = parcels.get(orderId)?.length ?? 0;
    const reservation = this.#rows('inventory-service', 'reservations').get(orderId)?.status ?? 'none';
    if (status === 'COMPLETED') {
      if (charged !== 1 || refunded !== 0)
        this.#violate('a completed order is paid', `${orderId}: ${charged} charges, ${refunded} refunds`);
      if (booked !== 1 || recalled.has(orderId)) this.#violate('a completed order is on its way', orderId);
      if (reservation !== 'committed') this.#violate('the stock of a completed order has left', `${orderId}: ${reservation}`);
    } else {
      if (charged !== refunded)
        this.#violate(
          'no charge without a completed order or a refund',
          `${orderId} is ${status}: ${charged} charges, ${refunded} refunds`,
        );
      if (booked > 0 && !recalled.has(orderId)) this.#violate('no parcel of a cancelled order is on its way', orderId);
      if (reservation === 'reserved' || reservation === 'committed')
        this.#violate('a cancelled order holds no stock', `${orderId}: ${reservation}`);
    }
    const asked = hasFact(order, 'order.cancellation_requested') || this.#ledger.acceptedCancellations.has(orderId);
    const answered = status === 'CANCELLED' || hasFact(order, 'shipping.cancellation_rejected');
    if (asked && !answered && parked.size === 0) this.#violate('a cancellation is carried out or rejected', orderId);
  }

  /** No effect without its record. */
  #checkEffects(): void {
    const { charges, refunds, parcels, recalled, mails } = this.#observed.providers;
    const payments = this.#rows('payment-service', 'payments');
    const shipments = this.#rows('shipping-service', 'shipments');
    const noRecord = (what: string, of: string) => this.#violate('no effect without its record', `${what} of ${of}`);
    for (const [orderId, [charge]] of charges) {
      const payment = payments.get(orderId);
      // A refund that was made without knowing of the charge stands for both.
      if (payment?.chargeId !== charge?.id && payment?.refundId === null) noRecord('charge', orderId);
    }
    for (const [orderId, [refund]] of refunds) if (payments.get(orderId)?.refundId !== refund?.id) noRecord('refund', orderId);
    for (const [orderId, [parcel]] of parcels) if (shipments.get(orderId)?.trackingNumber !== parcel) noRecord('parcel', orderId);
    for (const orderId of recalled) if (shipments.get(orderId)?.recalled !== true) noRecord('recall', orderId);
    for (const [eventId, times] of mails) {
      if (!this.#rows('notification-service', 'notifications').has(eventId)) noRecord('mail', eventId);
      if (times > 1) this.#violate('the customer is told once', `${times} mails for ${eventId}`);
    }
  }

  #checkMoney(): void {
    const { charges, refunds } = this.#observed.providers;
    const sum = (of: typeof charges) => [...of.values()].flat().reduce((total, { amount }) => total + amount, 0);
    const completed = [...this.#rows('order-service', 'orders').values()].filter(({ status }) => status === 'COMPLETED');
    const total = completed.reduce((all, order) => all + numberOf(order, 'total'), 0);
    const held = sum(charges) - sum(refunds);
    if (held !== total) this.#violate('charges - refunds = total of completed orders', `${held} is held, ${total} was sold`);
  }

  #checkStock({ items, changes }: Scenario): void {
    const stock = this.#rows('inventory-service', 'stock_items');
    for (const { sku, onHand } of items) {
      const item = stock.get(sku);
      if (item === undefined) continue;
      if (numberOf(item, 'reserved') !== 0) this.#violate('once all orders have ended nothing is reserved', sku);
      const left = onHand - (this.#ledger.stock.shipped.get(sku) ?? 0);
      const adjusted = changes.some((change) => change.sku === sku && change.delta !== undefined);
      if (!adjusted && numberOf(item, 'onHand') !== left)
        this.#violate('what has not left is on hand', `${sku}: ${String(item.onHand)} instead of ${left}`);
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

  /** Every event has reached every step that listens, and the order service's history has seen it. */
  #checkEvents(parked: ReadonlySet<string>): void {
    const ends = new Map<string, number>();
    for (const event of this.#ledger.causes.events.values()) {
      if (event.type === 'order.completed' || event.type === 'order.cancelled')
        ends.set(event.subject, (ends.get(event.subject) ?? 0) + 1);
      for (const { service, steps } of declared) {
        for (const [name, step] of Object.entries(steps)) {
          if (!('on' in step) || !step.on.some(({ type }) => type === event.type) || parked.has(`${service} ${event.id}`))
            continue;
          const handled = this.#observed.databases.get(service)?.inbox.has(claimName({ step: name, eventId: event.id }));
          if (!handled)
            this.#violate('every event reaches its consumers', `${event.type} was not handled by ${name} of ${service}`);
          const kept = service !== 'order-service' || this.#observed.databases.get(service)?.history.has(event.id);
          if (handled && !kept) this.#violate('the history is complete', `${event.type} is not in it`);
        }
      }
    }
    for (const [orderId, times] of ends) if (times !== 1) this.#violate('an order ends once', `${orderId}: ${times} times`);
  }
}
