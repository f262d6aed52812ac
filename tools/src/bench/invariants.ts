import { Audit, readPages, readStock, rules, textOf, type Violation } from '@quickstep/system/invariants';
import { sampleCatalogue } from '../catalogue.js';
import { ServiceDatabases } from '../service-databases.js';
import type { LoadResult } from './load/protocol.js';
import { sum } from './statistics.js';
import { integer } from './table.js';

export interface Invariant {
  text: string;
  holds: boolean;
  /** What was found. */
  found: string;
}

/** Orders that are compared at once: some 100 MB of rows. */
const pageSize = 50_000;
const shownViolations = 3;

/** Rules about the stream of events, which the benchmark does not record. */
const unseen: readonly string[] = ['every event is traceable to its cause', 'an order ends once', 'what was accepted is durable'];

/** The invariants of the saga, asked of the five databases themselves once everything has ended. */
export async function checkInvariants(postgresUrl: string): Promise<Invariant[]> {
  const databases = ServiceDatabases.on(postgresUrl);
  const { ask } = databases;
  try {
    const audit = new Audit();
    for await (const page of readPages(ask, pageSize)) audit.add(page);
    const violations = audit.finish(await readStock(ask), new Map(sampleCatalogue.map(({ sku, onHand }) => [sku, onHand])));
    return rules.flatMap((rule) => {
      if (unseen.includes(rule)) return [];
      const broken = violations.filter((violation) => violation.rule === rule);
      return [{ text: rule, holds: broken.length === 0, found: describe(broken, audit.orders) }];
    });
  } finally {
    await databases.close();
  }
}

function describe(violations: readonly Violation[], orders: number): string {
  if (violations.length === 0) return `${integer(orders)} orders`;
  return `${integer(violations.length)} times: ${violations.slice(0, shownViolations).map(textOf).join('; ')}`;
}

/** What the load saw must be what it asked for: of the orders 15 % have to be cancelled. An ending may be told more than once. */
export function checkEndings(results: readonly LoadResult[]): Invariant {
  const total = (key: 'orders' | 'completed' | 'cancelled' | 'repeatedEndings') => sum(results.map((result) => result[key]));
  const [orders, completed, cancelled, repeated] = [
    total('orders'),
    total('completed'),
    total('cancelled'),
    total('repeatedEndings'),
  ];
  return {
    text: '85 % completed, 15 % cancelled',
    holds: completed + cancelled === orders && cancelled === Math.round(orders * 0.15),
    found: `completed ${integer(completed)}, cancelled ${integer(cancelled)}, told more than once ${integer(repeated)}`,
  };
}
