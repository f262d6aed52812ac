import type { Changes } from '@quickstep/shared/pipeline';
import type { Row } from '@quickstep/shared/rows';
import type { ProviderRecords } from './providers.js';
import { hasEnded, linesOf, numberOf, textOf } from './rows.js';

export type Violate = (rule: string, detail: string) => void;

/** The books of the warehouse, kept from the reservations: what is reserved must be what orders hold. */
export class StockBooks {
  /** Units that left with parcels, by SKU. */
  readonly shipped = new Map<string, number>();
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
    const orderId = textOf(row, 'orderId');
    const before = this.#statuses.get(orderId);
    const status = textOf(row, 'status');
    this.#statuses.set(orderId, status);
    if (status === before) return;
    if (status === 'reserved') this.#move(row, this.#held, 1);
    if (before === 'reserved') this.#move(row, this.#held, -1);
    if (status === 'committed') this.#move(row, this.shipped, 1);
    const final = before === 'released' || before === 'committed';
    if (final) this.#violate('a reservation ends once', `${orderId} was ${before} and is ${status}`);
  }

  #move(row: Row, books: Map<string, number>, sign: number): void {
    for (const { sku, quantity } of linesOf(row)) books.set(sku, (books.get(sku) ?? 0) + sign * quantity);
  }

  #item(row: Row): void {
    const [sku, available, reserved, onHand] = [
      textOf(row, 'sku'),
      numberOf(row, 'available'),
      numberOf(row, 'reserved'),
      numberOf(row, 'onHand'),
    ];
    const figures = `${sku}: on hand ${onHand}, available ${available}, reserved ${reserved}`;
    if (onHand !== available + reserved) this.#violate('on hand = available + reserved', figures);
    if (available < 0 || reserved < 0) this.#violate('no stock is negative', figures);
    const held = this.#held.get(sku) ?? 0;
    if (reserved !== held) this.#violate('what is reserved is held by orders', `${figures}, held by orders ${held}`);
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

export function checkMoney(orderId: string, { charges, refunds }: ProviderRecords, violate: Violate): void {
  const charged = charges.get(orderId) ?? [];
  const refunded = refunds.get(orderId) ?? [];
  if (charged.length > 1) violate('at most one charge per order', `${orderId}: ${charged.length} charges`);
  if (refunded.length > 1) violate('at most one refund per order', `${orderId}: ${refunded.length} refunds`);
  if (refunded.length > charged.length) violate('only what was charged is refunded', orderId);
}

export function checkParcel(orderId: string, { parcels }: ProviderRecords, violate: Violate): void {
  const booked = parcels.get(orderId)?.length ?? 0;
  if (booked > 1) violate('at most one parcel per order', `${orderId}: ${booked} parcels`);
}
