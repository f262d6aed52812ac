import { endedSaga } from './orders.js';
import { type Ask, readPages } from './read.js';
import type { Violation } from './rules.js';
import { sagasOf } from './snapshot.js';

export interface Differences {
  /** Orders that had ended, each compared across the services. */
  readonly orders: number;
  readonly found: readonly Violation[];
}

const ENDED: ReadonlySet<string | undefined> = new Set(['COMPLETED', 'CANCELLED']);

/** What the services, and the records of gateway and carrier, say differently about orders that have ended. Page by page. */
export async function differences(ask: Ask, pageSize: number, seen?: (orders: number) => void): Promise<Differences> {
  const found: Violation[] = [];
  let orders = 0;
  for await (const page of readPages(ask, pageSize)) {
    const ended = sagasOf(page).filter(({ order }) => ENDED.has(order?.status));
    orders += ended.length;
    found.push(...ended.flatMap(endedSaga));
    seen?.(orders);
  }
  return { orders, found };
}
