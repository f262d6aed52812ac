import type { OrderLine } from '@quickstep/shared/contracts';
import type { StockItem } from '../db/tables.js';

export interface Shortage {
  readonly sku: string;
  readonly requested: number;
  readonly available: number;
}

/** The lines that stock cannot fill; an unknown item has none available. */
export function findShortages(stock: readonly StockItem[], lines: readonly OrderLine[]): Shortage[] {
  const available = new Map(stock.map((item) => [item.sku, item.available]));
  return lines.flatMap(({ sku, quantity }) => {
    const left = available.get(sku) ?? 0;
    return left < quantity ? [{ sku, requested: quantity, available: left }] : [];
  });
}

/** Sets units aside. */
export function reserve(stock: readonly StockItem[], lines: readonly OrderLine[]): void {
  move(stock, lines, (item, quantity) => {
    item.available -= quantity;
    item.reserved += quantity;
  });
}

/** Puts units that were set aside back. */
export function release(stock: readonly StockItem[], lines: readonly OrderLine[]): void {
  move(stock, lines, (item, quantity) => {
    item.reserved -= quantity;
    item.available += quantity;
  });
}

/** Units that were set aside leave the warehouse. */
export function commit(stock: readonly StockItem[], lines: readonly OrderLine[]): void {
  move(stock, lines, (item, quantity) => {
    item.reserved -= quantity;
    item.onHand -= quantity;
  });
}

function move(
  stock: readonly StockItem[],
  lines: readonly OrderLine[],
  change: (item: StockItem, quantity: number) => void,
): void {
  const items = new Map(stock.map((item) => [item.sku, item]));
  for (const { sku, quantity } of lines) {
    const item = items.get(sku);
    if (item === undefined) throw new Error(`Stock of ${sku} is gone although units of it are set aside`);
    change(item, quantity);
  }
}
