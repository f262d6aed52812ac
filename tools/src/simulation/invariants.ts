import type { Changes } from '@quickstep/shared/pipeline';
import type { Row } from '@quickstep/shared/rows';
import { levels, reservedIsHeld } from '@quickstep/system/invariants';
import { asReservation, asStock, hasEnded } from './rows.js';
import type { Violate } from './rules.js';

/** What orders hold of the stock, kept from the reservations: checked against the stock at every commit. */
export class HeldStock {
  readonly #held = new Map<string, number>();
  readonly #statuses = new Map<string, string>();
  readonly #violate: Violate;

  constructor(violate: Violate) {
    this.#violate = violate;
  }

  committed({ updates, inserts }: Changes): void {
    const written = [...updates, ...inserts];
    for (const { table, rows } of written) if (table.name === 'reservations') for (const row of rows) this.#reservation(row);
    for (const { table, rows } of written) if (table.name === 'stock_items') for (const row of rows) this.#item(row);
  }

  #reservation(row: Row): void {
    const { orderId, status, items } = asReservation(row);
    const before = this.#statuses.get(orderId);
    this.#statuses.set(orderId, status);
    if (status === before) return;
    const sign = Number(status === 'reserved') - Number(before === 'reserved');
    for (const { sku, quantity } of items) this.#held.set(sku, (this.#held.get(sku) ?? 0) + sign * quantity);
    const final = before === 'released' || before === 'committed';
    if (final) this.#violate('a reservation ends once', `${orderId} was ${before} and is ${status}`);
  }

  #item(row: Row): void {
    const item = asStock(row);
    for (const { rule, detail } of [...levels(item), ...reservedIsHeld(item, this.#held)]) this.#violate(rule, detail);
  }
}

/** @param before the status it had */
export function checkOrder(before: unknown, order: Row, violate: Violate): void {
  const { status, endedAt, deadlineAt, orderId } = order;
  const ended = hasEnded(order);
  const wasEnded = before === 'COMPLETED' || before === 'CANCELLED';
  if (wasEnded && status !== before) violate('an ended order stays as it ended', `${orderId} was ${before} and is ${status}`);
  if (ended !== (endedAt !== null)) violate('an order has ended when its status says so', `${orderId} is ${status}`);
  if (ended === (deadlineAt !== null)) violate('every open order has a deadline', `${orderId} is ${status}`);
}

export function checkPayment(payment: Row, violate: Violate): void {
  const { orderId, chargeId, refundId, declineReason } = payment;
  if (chargeId !== null && declineReason !== null) violate('a payment is charged or declined', String(orderId));
  if (refundId !== null && payment.closed !== true) violate('a refunded payment is closed', String(orderId));
}
