import { heldOf } from './money.js';
import { endedSaga } from './orders.js';
import { unless, type Violation } from './rules.js';
import { type Saga, type Snapshot, type StockRow, sagasOf } from './snapshot.js';
import { add, atRest, levels, reservedIsHeld, type Units } from './stock.js';

/** Checks a system in which every order has ended. It takes orders page by page, so that a million of them need no memory. */
export class Audit {
  readonly #violations: Violation[] = [];
  readonly #held = new Map<string, number>();
  readonly #left = new Map<string, number>();
  #earned = 0;
  #kept = 0;
  #orders = 0;

  /** How many orders have been looked at. */
  get orders(): number {
    return this.#orders;
  }

  /** A page: all rows of the orders in it. */
  add(page: Snapshot): void {
    for (const saga of sagasOf(page)) this.#add(saga);
  }

  #add(saga: Saga): void {
    const { order, payment, reservation } = saga;
    if (order !== undefined) this.#orders++;
    this.#violations.push(...endedSaga(saga));
    this.#kept += heldOf(payment);
    if (reservation?.status === 'reserved') add(this.#held, reservation.items);
    if (order?.status !== 'COMPLETED') return;
    this.#earned += order.total;
    add(this.#left, order.items);
  }

  /**
   * What was found, when every page has been added.
   *
   * @param before what was on hand before the first order, adjustments included; a SKU that is not in it is not compared
   */
  finish(stock: Iterable<StockRow>, before: Units = new Map()): Violation[] {
    const money = `${this.#kept} is held, ${this.#earned} was sold`;
    return [
      ...this.#violations,
      ...unless(this.#kept === this.#earned, 'charges - refunds = total of completed orders', () => money),
      ...[...stock].flatMap((item) => [
        ...levels(item),
        ...reservedIsHeld(item, this.#held),
        ...atRest(item, this.#left, before),
      ]),
    ];
  }
}
