import { describe, expect, test } from '@jest/globals';
import type { PgStore } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { changeOf, claimOf, insert, load, nothing, someoneWaits, stock, type Thing, things, twoStores } from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
let other: PgStore;
twoStores((made) => {
  ({ dataSource, store, other } = made);
});

describe('rows', () => {
  const awkward = 'quo"te, back\\slash, {brace}, comma, NULL, \' \n\t ünïcødé 漢字 🎉';
  const full = (id: string): Thing => ({
    id,
    note: awkward,
    code: 'ABC"\\,',
    count: -7,
    amount: 2 ** 52 + 1,
    open: false,
    dueAt: new Date('2026-11-20T12:34:56.789Z'),
    lines: [{ sku: 'SKU-001', text: awkward, nested: { empty: [], none: null } }, 'text', 1.5, true],
  });

  test('every column type survives insert, load, update and load', async () => {
    const [a, b] = [v7(), v7()];
    const inserted = [full(a), { ...full(b), note: 'NULL', lines: {} }];
    await insert(store, things, ...inserted);
    expect(await load(store, things, a, b)).toEqual(inserted);

    const updated = [
      { ...full(b), note: '', code: null, count: 0, open: true, lines: 'text', amount: -1 },
      { ...full(a), dueAt: null, lines: null, note: 'changed' },
    ];
    const batch = await store.begin([], [{ table: things, keys: [a, b], lock: true }]);
    await batch.commit({ ...nothing, updates: [changeOf(things, updated)] });
    expect(await load(store, things, a, b)).toEqual([updated[1], updated[0]]);
  });

  test('null and undefined are both stored as null in every column', async () => {
    const [a, b] = [v7(), v7()];
    const empty = { note: null, code: null, count: null, amount: null, open: null, dueAt: null, lines: null };
    const batch = await store.begin([], []);
    await batch.commit({ ...nothing, inserts: [{ table: things, rows: [{ id: a, ...empty }, { id: b }] }] });
    expect(await load(store, things, a, b)).toEqual([
      { id: a, ...empty },
      { id: b, ...empty },
    ]);
  });

  test('a key that has no row is simply absent, and rows come in key order', async () => {
    await insert(store, stock, { sku: 'b', available: 2 }, { sku: 'a', available: 1 });
    expect(await load(store, stock, 'a', 'absent', 'b')).toEqual([
      { sku: 'a', available: 1 },
      { sku: 'b', available: 2 },
    ]);
  });

  test('read sees what is committed and waits for no lock', async () => {
    await insert(store, stock, { sku: 'a', available: 1 });
    const holder = await other.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    const reader = await store.begin([], [{ table: stock, keys: ['a'], lock: false }]);
    expect(reader.rows).toEqual([[{ sku: 'a', available: 1 }]]);
    await reader.commit(nothing);
    await holder.rollback();
  });

  test('a locked row makes the next batch wait, which then sees the new value', async () => {
    await insert(store, stock, { sku: 'a', available: 5 });
    const first = await store.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    const waiting = other.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    await someoneWaits(dataSource);
    await first.commit({ ...nothing, updates: [changeOf(stock, [{ sku: 'a', available: 4 }])] });
    const second = await waiting;
    expect(second.rows).toEqual([[{ sku: 'a', available: 4 }]]);
    await second.rollback();
  });
});

test('a batch of many rows in several tables goes through at once', async () => {
  const ids = Array.from({ length: 500 }, () => v7());
  const skus = ids.map((_, index) => `SKU-${index}`);
  const batch = await store.begin(
    ids.map((id) => claimOf(id)),
    [
      { table: stock, keys: skus.toSorted(), lock: true },
      { table: things, keys: ids, lock: true },
    ],
  );
  await batch.commit({
    ...nothing,
    inserts: [
      { table: things, rows: ids.map((id) => ({ id, note: id })) },
      { table: stock, rows: skus.map((sku, available) => ({ sku, available })) },
    ],
  });
  expect(await load(store, stock, ...skus)).toHaveLength(500);
});
