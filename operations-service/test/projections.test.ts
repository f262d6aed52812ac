import { describe, expect, test } from '@jest/globals';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import type { CloudEvent } from '@quickstep/shared/events';
import type { Row } from '@quickstep/shared/rows';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { applyEvents, type ProjectedRows, type Projection, projection } from '../src/projections/index.js';
import { emittedBy, expectedAfter, projections, sagas } from '../src/read-models/index.js';

/** One event, by its type, the step that emits it, and the index of the event that it follows from. */
type Link = readonly [type: string, step: string, cause: number | undefined, place: number];

const completed: readonly Link[] = [
  ['order.created', 'placeOrder', undefined, 0],
  ['inventory.reserved', 'reserveStock', 0, 0],
  ['payment.completed', 'chargePayment', 1, 0],
  ['shipping.shipped', 'bookShipment', 2, 0],
  ['order.completed', 'trackOrder', 3, 0],
  ['notification.sent', 'notifyCustomer', 4, 0],
];
const refused: readonly Link[] = [
  ['order.created', 'placeOrder', undefined, 0],
  ['inventory.reserved', 'reserveStock', 0, 0],
  ['payment.completed', 'chargePayment', 1, 0],
  ['shipping.failed', 'bookShipment', 2, 0],
  ['payment.refund', 'bookShipment', 2, 1],
  ['payment.refunded', 'refundPayment', 4, 0],
  ['inventory.release', 'refundPayment', 4, 1],
  ['inventory.released', 'releaseStock', 6, 0],
  ['order.cancelled', 'trackOrder', 7, 0],
  ['notification.sent', 'notifyCustomer', 8, 0],
  ['notification.sent', 'notifyCustomer', 5, 0],
];
/** It waits for the parcel. */
const open: readonly Link[] = completed.slice(0, 3);
const stories = { completed, refused, open, refusedSoFar: refused.slice(0, 6) };

/** The events of one order that goes as the story tells. */
function eventsOf(story: readonly Link[], index: number, sku: string): CloudEvent[] {
  const data = { ...sampleOrder({ customerId: `customer-${index % 3}`, items: [{ sku, quantity: index + 1, unitPrice: 500 }] }) };
  const about = { ...data, reason: 'It was refused', trackingNumber: 'T', chargeId: 'C', amount: data.total };
  const events: CloudEvent[] = [];
  for (const [place, [type, step, cause, position]] of story.entries()) {
    const causationid = cause === undefined ? `request-${index}` : (events[cause]?.id ?? '');
    events.push({
      specversion: '1.0',
      id: v7(),
      type,
      source: `/${type.split('.')[0]}-service`,
      subject: data.orderId,
      time: new Date(Date.UTC(2026, 10, 23, 23, 59, 50 + place + index)).toISOString(),
      datacontenttype: 'application/json',
      dataschema: '',
      data: about,
      dataversion: '1.0',
      correlationid: data.orderId,
      causationid,
      tenantid: 'default',
      idempotencykey: `${causationid}:${step}:${position}`,
      traceparent: '',
    });
  }
  return events;
}

class Memory implements ProjectedRows {
  readonly tables = new Map<string, Map<string, Row>>();

  async load(loads: Parameters<ProjectedRows['load']>[0]): Promise<Row[][]> {
    return loads.map(({ table, keys }) => keys.map((key) => this.#of(table.name).get(key)).filter((row) => row !== undefined));
  }

  async write({ updates, inserts }: Parameters<ProjectedRows['write']>[0]): Promise<void> {
    for (const { table, rows } of [...updates, ...inserts])
      for (const row of rows) this.#of(table.name).set(String(row[table.key]), structuredClone(row));
  }

  all(): unknown {
    return [...this.tables]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, rows]) => [name, [...rows].sort(([a], [b]) => (a < b ? -1 : 1))]);
  }

  #of(name: string): Map<string, Row> {
    const known = this.tables.get(name) ?? new Map<string, Row>();
    this.tables.set(name, known);
    return known;
  }
}

const observed = ({ observes }: Projection, events: readonly CloudEvent[]) =>
  events
    .filter(({ type }) => observes.some((contract) => contract.type === type))
    .map((event) => ({ event, time: new Date(event.time) }));

/** @param sizes of the batches, in turn */
async function project(each: Projection, events: readonly CloudEvent[], sizes: readonly number[]): Promise<unknown> {
  const memory = new Memory();
  const wanted = observed(each, events);
  for (let from = 0, turn = 0; from < wanted.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    await applyEvents(each, wanted.slice(from, from + size), memory);
    from += size;
  }
  return memory.all();
}

const orders = fc
  .array(fc.tuple(fc.constantFrom(...Object.values(stories)), fc.constantFrom('SKU-1', 'SKU-2')), { minLength: 1, maxLength: 6 })
  .map((chosen) => chosen.map(([story, sku], index) => eventsOf(story, index, sku)));
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
/** As events of different services may come: in any order. */
const arrivals = orders.chain((each) => {
  const all = each.flat();
  return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }));
});

describe.each(projections.map((each) => [each.name, each] as const))('the rows of %s', (_, each) => {
  test('are the same however the events fall into batches', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, sizes, async ([, arrived], batches) => {
        expect(await project(each, arrived, batches)).toEqual(await project(each, arrived, [arrived.length]));
      }),
      { numRuns: 50 },
    );
  });

  test('are the same in whatever order the services are read', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ([inOrder, arrived]) => {
        expect(waitingSorted(await project(each, arrived, [3]))).toEqual(waitingSorted(await project(each, inOrder, [3])));
      }),
      { numRuns: 50 },
    );
  });
});

/** What a saga waits for is a set. */
function waitingSorted(rows: unknown): unknown {
  return JSON.parse(JSON.stringify(rows), (key, value) =>
    key === 'waiting' || key === 'answered' ? value.map((each: unknown) => JSON.stringify(each)).sort() : value,
  );
}

describe('what is expected of a saga', () => {
  const waiting = async (count: number) => {
    const memory = new Memory();
    await applyEvents(sagas, observed(sagas, eventsOf(refused, 0, 'SKU-1').slice(0, count)), memory);
    const [saga] = memory.tables.get('sagas')?.values() ?? [];
    const found: unknown = saga?.waiting;
    return Array.isArray(found) ? found.map(({ step }) => step) : [];
  };

  test.each([
    [1, ['reserveStock']],
    [2, ['chargePayment']],
    [3, ['bookShipment']],
    // Its step has answered; the compensation has not.
    [5, ['refundPayment']],
    [7, ['releaseStock']],
    [8, ['trackOrder']],
    [9, []],
    [11, []],
  ])('after %i events is %j', async (count, steps) => {
    expect(await waiting(count)).toEqual(steps);
  });

  test('comes from the declarations', () => {
    expect(expectedAfter('order.cancellation_requested')).toEqual([
      { service: 'shipping-service', step: 'cancelShipment', answers: ['shipping.failed', 'payment.refund'] },
    ]);
    expect(expectedAfter('order.completed')).toEqual([]);
    expect(expectedAfter('unknown.event')).toEqual([]);
  });

  test('is told from the key of the answer', () => {
    expect(emittedBy('0193a4b0-0000-7000-8000-000000000000:chargePayment:1')).toEqual({ step: 'chargePayment', first: false });
    expect(emittedBy('order:expireOrder:2026-11-24T00:00:00.000Z:expireOrder:0')).toEqual({ step: 'expireOrder', first: true });
    expect(emittedBy('')).toBeUndefined();
  });
});

test.each(['Sagas', 'drop table', '', 'x'.repeat(41)])('a projection is not called %j', (name) => {
  const empty = { version: 1, tables: [], observes: [], rows: () => ({}), apply: () => undefined };
  expect(() => projection({ ...empty, name })).toThrow(TypeError);
});
