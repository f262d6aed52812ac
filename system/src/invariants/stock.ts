import { unless, type Violation } from './rules.js';
import type { Line, ReservationRow, StockRow } from './snapshot.js';

export type Units = ReadonlyMap<string, number>;

const figures = ({ sku, onHand, available, reserved }: StockRow) =>
  `${sku}: on hand ${onHand}, available ${available}, reserved ${reserved}`;

/** Holds at any moment. */
export function levels(item: StockRow): Violation[] {
  const { onHand, available, reserved } = item;
  return [
    ...unless(onHand === available + reserved, 'on hand = available + reserved', () => figures(item)),
    ...unless(Math.min(onHand, available, reserved) >= 0, 'no stock is negative', () => figures(item)),
  ];
}

/**
 * Holds at any moment, if stock and reservations are read in one: what is reserved of a SKU is what orders hold.
 *
 * @param held by SKU, from `heldBy`
 */
export function reservedIsHeld(item: StockRow, held: Units): Violation[] {
  const units = held.get(item.sku) ?? 0;
  return unless(item.reserved === units, 'what is reserved is held by orders', () => `${figures(item)}, held by orders ${units}`);
}

/** Units of each SKU that reservations hold. */
export function heldBy(reservations: Iterable<ReservationRow>): Map<string, number> {
  const held = new Map<string, number>();
  for (const { status, items } of reservations) if (status === 'reserved') add(held, items);
  return held;
}

export function add(units: Map<string, number>, lines: readonly Line[]): void {
  for (const { sku, quantity } of lines) units.set(sku, (units.get(sku) ?? 0) + quantity);
}

/**
 * Holds once every order has ended.
 *
 * @param left units that completed orders took away, by SKU
 * @param before what was on hand before the first order, adjustments included; a SKU that is not in it is not compared
 */
export function atRest(item: StockRow, left: Units, before: Units): Violation[] {
  const { sku, onHand, reserved } = item;
  const should = (before.get(sku) ?? onHand) - (before.has(sku) ? (left.get(sku) ?? 0) : 0);
  return [
    ...unless(reserved === 0, 'once all orders have ended nothing is reserved', () => figures(item)),
    ...unless(onHand === should, 'what has not left is on hand', () => `${figures(item)} instead of ${should}`),
  ];
}
