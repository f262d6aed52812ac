import { describe, expect, test } from '@jest/globals';
import type { Load } from '@quickstep/shared/pipeline';
import { boolean, integer, json, type Refs, type RowOf, table, textKey, uuidKey } from '@quickstep/shared/rows';
import { loadsFor, WorkingRows } from '../../src/pipeline/working-rows.js';

const Items = table('items', { sku: textKey(), count: integer(0), tags: json<readonly string[]>([]) });
const Orders = table('orders', { orderId: uuidKey(), open: boolean(true) });
type Item = RowOf<typeof Items>;

const ID = '0193b3a0-0000-7000-8000-00000000000a';
const shape = (loads: readonly Load[]) => loads.map(({ table: { name }, keys, lock }) => ({ name, keys, lock }));

/** The rows of a batch that found these items stored. */
function stored(...items: Item[]) {
  const refs = { items: Items.existing(items.map(({ sku }) => sku)) };
  return new WorkingRows(loadsFor([refs]), [items]);
}

function lend<R extends Refs>(rows: WorkingRows, refs: R) {
  return rows.borrow(refs);
}

describe('what a batch loads', () => {
  test('names each table and key once, in one order, so that two batches lock alike', () => {
    const loads = loadsFor([
      { order: Orders.fresh(ID), items: Items.existing(['b', 'a']) },
      { items: Items.existing(['c', 'a']) },
      { item: Items.fresh('0') },
    ]);
    expect(shape(loads)).toEqual([
      { name: 'items', keys: ['0', 'a', 'b', 'c'], lock: true },
      { name: 'orders', keys: [ID], lock: true },
    ]);
  });

  test('locks before it reads, and reads no row that it locks', () => {
    const loads = loadsFor([{ items: Items.read(['a', 'b']) }, { order: Orders.existing(ID) }, { item: Items.existing('a') }]);
    expect(shape(loads)).toEqual([
      { name: 'items', keys: ['a'], lock: true },
      { name: 'orders', keys: [ID], lock: true },
      { name: 'items', keys: ['b'], lock: false },
    ]);
  });

  test('knows a UUID in whatever case it is written', () => {
    expect(shape(loadsFor([{ one: Orders.fresh(ID), other: Orders.fresh(ID.toUpperCase()) }]))).toEqual([
      { name: 'orders', keys: [ID], lock: true },
    ]);
  });

  test('is nothing when no step names rows', () => {
    expect(loadsFor([{}, { items: Items.existing([]) }])).toEqual([]);
  });
});

describe('the rows that a step gets', () => {
  test('fresh is made on first touch, existing stays absent, a list holds what exists in the order of its keys', () => {
    const rows = stored({ sku: 'b', count: 2, tags: [] }, { sku: 'a', count: 1, tags: [] });
    const { rows: lent } = lend(rows, {
      order: Orders.fresh(ID),
      absent: Items.existing('zero'),
      item: Items.existing('a'),
      list: Items.existing(['b', 'zero', 'a']),
      shown: Items.read(['zero', 'b']),
    });
    expect(lent).toEqual({
      order: { orderId: ID, open: true },
      absent: undefined,
      item: { sku: 'a', count: 1, tags: [] },
      list: [
        { sku: 'b', count: 2, tags: [] },
        { sku: 'a', count: 1, tags: [] },
      ],
      shown: [{ sku: 'b', count: 2, tags: [] }],
    });
  });
});

describe('changes', () => {
  const change = (rows: WorkingRows, sku: string, count: number) => {
    const borrowed = rows.borrow({ item: Items.fresh(sku) });
    Object.assign(borrowed.rows.item ?? {}, { count });
    return borrowed;
  };

  test('count when they are kept: stored rows are updated, new ones inserted, unchanged ones neither', () => {
    const rows = stored({ sku: 'a', count: 1, tags: [] }, { sku: 'b', count: 1, tags: [] });
    change(rows, 'a', 5).keep();
    change(rows, 'b', 1).keep();
    change(rows, 'new', 3).keep();
    change(rows, 'untouched', 0).keep();
    expect(rows.changes()).toMatchObject({
      updates: [{ table: { name: 'items' }, rows: [{ sku: 'a', count: 5 }] }],
      inserts: [{ table: { name: 'items' }, rows: [{ sku: 'new', count: 3 }] }],
    });
  });

  test('of a step that failed are gone, for its neighbours too', () => {
    const rows = stored({ sku: 'a', count: 1, tags: [] });
    change(rows, 'a', 99);
    change(rows, 'new', 99);
    expect(rows.borrow({ item: Items.existing('a'), fresh: Items.existing('new') }).rows).toEqual({
      item: { sku: 'a', count: 1, tags: [] },
      fresh: undefined,
    });
    expect(rows.changes()).toEqual({ updates: [], inserts: [] });
  });

  test('are what the next step of the batch sees', () => {
    const rows = stored({ sku: 'a', count: 1, tags: [] });
    change(rows, 'a', 5).keep();
    change(rows, 'new', 3).keep();
    expect(rows.borrow({ item: Items.existing('a'), fresh: Items.existing('new') }).rows).toMatchObject({
      item: { count: 5 },
      fresh: { count: 3 },
    });
    change(rows, 'new', 4).keep();
    expect(rows.changes()).toMatchObject({ updates: [{ rows: [{ count: 5 }] }], inserts: [{ rows: [{ count: 4 }] }] });
  });

  test('that a later step takes back are still written: the stored row may be older', () => {
    const rows = stored({ sku: 'a', count: 1, tags: [] });
    change(rows, 'a', 5).keep();
    change(rows, 'a', 1).keep();
    expect(rows.changes().updates).toMatchObject([{ rows: [{ sku: 'a', count: 1 }] }]);
  });

  test('of a row that a step names twice are made to one copy', () => {
    const rows = stored({ sku: 'a', count: 1, tags: [] });
    change(rows, 'a', 5).keep();
    const borrowed = rows.borrow({ item: Items.existing('a'), list: Items.existing(['a', 'a']) });
    Object.assign(borrowed.rows.item ?? {}, { count: 7 });
    borrowed.keep();
    expect(borrowed.rows.list).toMatchObject([{ count: 7 }, { count: 7 }]);
    expect(rows.changes().updates).toMatchObject([{ rows: [{ sku: 'a', count: 7 }] }]);
  });

  test('of a row that two steps change are those of both, by name', () => {
    const rows = stored({ sku: 'a', count: 1, tags: [] });
    for (const changed of [{ tags: ['new'] }, { count: 5 }]) {
      const borrowed = rows.borrow({ item: Items.existing('a') });
      Object.assign(borrowed.rows.item ?? {}, changed);
      borrowed.keep();
    }
    expect(rows.changes().updates).toMatchObject([
      { rows: [{ sku: 'a', count: 5, tags: ['new'] }], properties: ['count', 'tags'] },
    ]);
  });

  test('of rows of two tables under one key are made to two copies', () => {
    const rows = new WorkingRows([], []);
    const borrowed = rows.borrow({ item: Items.fresh(ID), order: Orders.fresh(ID) });
    Object.assign(borrowed.rows.item ?? {}, { count: 5 });
    Object.assign(borrowed.rows.order ?? {}, { open: false });
    borrowed.keep();
    expect(rows.changes().inserts).toMatchObject([{ rows: [{ sku: ID, count: 5 }] }, { rows: [{ orderId: ID, open: false }] }]);
  });

  test('are none when nothing is changed: a fresh row that nobody changed does not exist for the next step', () => {
    const rows = stored();
    rows.borrow({ item: Items.fresh('new') }).keep();
    expect(rows.borrow({ item: Items.existing('new') }).rows).toEqual({ item: undefined });
  });

  test('of a nested value are seen when it is replaced', () => {
    const rows = stored({ sku: 'a', count: 1, tags: ['old'] });
    const borrowed = rows.borrow({ item: Items.existing('a') });
    Object.assign(borrowed.rows.item ?? {}, { tags: ['new'] });
    borrowed.keep();
    expect(rows.changes().updates).toMatchObject([{ rows: [{ tags: ['new'] }] }]);
  });
});
