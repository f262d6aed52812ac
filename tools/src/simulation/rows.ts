import type { Row } from '@quickstep/shared/rows';

/** Reading the services' rows from outside: a row that is not as expected is a violation in itself. */
export function textOf(row: Row, property: string): string {
  const value = row[property];
  if (typeof value !== 'string') throw new TypeError(`${property} is ${typeof value}, not text`);
  return value;
}

export function numberOf(row: Row, property: string): number {
  const value = row[property];
  if (typeof value !== 'number') throw new TypeError(`${property} is ${typeof value}, not a number`);
  return value;
}

export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

export function linesOf(row: Row): Line[] {
  const { items } = row;
  if (!Array.isArray(items)) throw new TypeError('items is no list');
  return items.map((item: Row) => ({ sku: textOf(item, 'sku'), quantity: numberOf(item, 'quantity') }));
}

export function hasFact(order: Row, fact: string): boolean {
  return factsOf(order).includes(fact);
}

export function factsOf({ facts }: Row): string[] {
  return typeof facts === 'object' && facts !== null ? Object.keys(facts) : [];
}

export function hasEnded(order: Row): boolean {
  return order.status === 'COMPLETED' || order.status === 'CANCELLED';
}
