import { setTimeout as sleep } from 'node:timers/promises';
import { declaredSteps } from '@quickstep/system';
import {
  type Ask,
  Audit,
  durable,
  endedOnce,
  type Kept,
  logsAndArchive,
  type OrderRow,
  readPages,
  readStock,
  type Saga,
  sagasOf,
  type TracedEvent,
  textOf,
  traceable,
} from '@quickstep/system/invariants';
import { sampleCatalogue } from '../catalogue.js';
import { operationsService } from '../services.js';
import type { Order } from './load.js';

export interface Verdict {
  /** Ids of orders that their clients were told of and that nobody knows. */
  readonly lost: readonly string[];
  /** Charged, refunded, shipped or told twice, whether or not it was undone. */
  readonly doubled: readonly string[];
  /** Not ended, or ended otherwise than they had to. */
  readonly stuck: readonly string[];
  /** Would have been completed, but were given up and cancelled: money and stock are back. */
  readonly givenUp: readonly string[];
  /** Everything that the invariants say, with what is named above. */
  readonly violations: readonly string[];
  readonly events: number;
}

const PAGE = 20_000;
/** What no order waits for is sent again a minute after it was lost (`LOST_AFTER_MS`), at the next look. */
const PATIENCE_MS = 150_000;
const LOOK_EVERY_MS = 2_000;
const before = new Map(sampleCatalogue.map(({ sku, onHand }) => [sku, onHand]));

/** Where each service's log was read to. */
export type Positions = Map<string, string>;

/**
 * Asks the databases whether every invariant holds, now that nothing is placed any more. What is still under way, a message to a customer
 * for example, looks like a violation: it is looked at again until nothing is left, or for so long.
 */
export async function verdictOn(
  ask: Ask,
  services: readonly string[],
  orders: readonly Order[],
  positions: Positions,
  patienceMs = PATIENCE_MS,
): Promise<Verdict> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const read: Positions = new Map(positions);
    const verdict = await look(ask, services, orders, read);
    if (verdict.violations.length === 0 || performance.now() > deadline) {
      for (const [service, position] of read) positions.set(service, position);
      return verdict;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

async function look(ask: Ask, services: readonly string[], orders: readonly Order[], positions: Positions): Promise<Verdict> {
  const audit = new Audit();
  const rows = new Map<string, OrderRow>();
  const doubled: string[] = [];
  const ids = new Set(orders.map(({ id }) => id));
  for await (const page of readPages(ask, PAGE)) {
    audit.add(page);
    for (const saga of sagasOf(page)) {
      if (saga.order !== undefined && ids.has(saga.orderId)) rows.set(saga.orderId, saga.order);
      if (twice(saga)) doubled.push(saga.orderId);
    }
  }
  const events = await eventsSince(ask, services, positions);
  const byId = new Map(events.map((event) => [event.id, event]));
  const lost = durable(ids, rows.values());
  const violations = [
    ...lost,
    ...audit.finish(await readStock(ask), before),
    ...endedOnce(rows.values(), events),
    ...events.flatMap((event) => traceable(event, declaredSteps, (id) => byId.get(id))),
  ].map(textOf);
  const statusOf = ({ id }: Order) => rows.get(id)?.status;
  const wrong = orders.filter((order) => order.expected === 'CANCELLED' && statusOf(order) === 'COMPLETED');
  const open = orders.filter((order) => !['COMPLETED', 'CANCELLED', undefined].includes(statusOf(order)));
  return {
    lost: [...ids].filter((id) => !rows.has(id)),
    doubled,
    stuck: [...open, ...wrong].map(({ id }) => id),
    givenUp: orders.filter((order) => order.expected === 'COMPLETED' && statusOf(order) === 'CANCELLED').map(({ id }) => id),
    violations: [
      ...violations,
      ...wrong.map(({ id }) => `an order that cannot be paid or shipped is cancelled: ${id} is COMPLETED`),
      ...(await notArchived(ask, [...services, operationsService.name])),
    ],
    events: events.length,
  };
}

/** Every event of every log is in the archive once, and nothing else is. */
async function notArchived(ask: Ask, services: readonly string[]): Promise<string[]> {
  const { logs, archive } = await logsAndArchive(ask, services);
  const said = (all: readonly Kept[]) => new Map(all.map(({ service, events, digest }) => [service, `${events} (${digest})`]));
  const [inLogs, inArchive] = [said(logs), said(archive)];
  return [...inArchive]
    .filter(([service, kept]) => kept !== inLogs.get(service))
    .map(([service, kept]) => `the archive holds each log's events once: ${service}: ${kept} of ${inLogs.get(service)}`);
}

/** What must happen once, by the records of those to whom it happened. */
function twice({ providers, told = [] }: Saga): boolean {
  const { charges = [], refunds = [], parcels = [] } = providers ?? {};
  return charges.length > 1 || refunds.length > charges.length || parcels.length > 1 || new Set(told).size < told.length;
}

async function eventsSince(ask: Ask, services: readonly string[], positions: Positions): Promise<TracedEvent[]> {
  const events: TracedEvent[] = [];
  for (const service of services) {
    const rows = await ask<{ at: string; event: string }>(
      service,
      'select position::text as at, event from event_log where position > $1::bigint order by position',
      [positions.get(service) ?? '0'],
    );
    for (const { event } of rows) events.push(tracedIn(event));
    const last = rows.at(-1);
    if (last !== undefined) positions.set(service, last.at);
  }
  return events;
}

function tracedIn(body: string): TracedEvent {
  const { id, type, source, subject, correlationid, causationid, idempotencykey }: TracedEvent = JSON.parse(body);
  return { id, type, source, subject, correlationid, causationid, idempotencykey };
}
