import { describe, expect, test } from '@jest/globals';
import { PgStore } from '@quickstep/shared/db';
import { type Changes, Conflict, type Load, Unavailable } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { v4, v7 } from 'uuid';
import { changeOf, claimOf, none, nothing, outgoing, type Stock, stock, type Thing, things, twoStores } from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
let other: PgStore;
twoStores(100, (made) => {
  ({ dataSource, store, other } = made);
});

const existing = (...keys: string[]): Load => ({ table: stock, keys, lock: true, fresh: none });
const fresh = (...keys: string[]): Load => ({ table: stock, keys, lock: true, fresh: new Set(keys) });
const inserted = (...rows: Stock[]): Changes => ({
  ...nothing,
  inserts: [{ table: stock, rows: rows.map((row) => ({ ...row })) }],
});
const updated = (...rows: Stock[]): Changes => ({ ...nothing, updates: [changeOf(stock, rows)] });

/** Whether a batch went without locks: then no other transaction is open between its begin and its commit. */
async function locksNothing(): Promise<boolean> {
  const text = `select count(*)::int as open from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction'`;
  const [found] = await dataSource.query<{ open: number }[]>(text);
  return found?.open === 0;
}

async function run(by: PgStore, load: Load, changes: Changes): Promise<void> {
  const batch = await by.begin([], [load]);
  await batch.commit(changes);
}

async function stored(): Promise<unknown> {
  return dataSource.query('select sku, available from stock order by sku');
}

/** As the pipeline does: after a conflict once more. */
async function insist(by: PgStore, load: Load, change: (row: Stock) => Stock): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const batch = await by.begin([], [load]);
    const rows = (batch.rows[0] ?? []).map(({ sku, available }) => change({ sku: String(sku), available: Number(available) }));
    try {
      await batch.commit(updated(...rows));
      return attempt;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

describe('what a process knows', () => {
  test('it neither loads nor locks: rows that it wrote, and rows that it creates', async () => {
    await run(store, fresh('a'), inserted({ sku: 'a', available: 5 }));
    const batch = await store.begin([claimOf(v7())], [{ ...existing('a', 'b'), fresh: new Set(['b']) }]);
    expect(batch.rows).toEqual([[{ sku: 'a', available: 5 }]]);
    expect(await locksNothing()).toBe(true);
    await batch.commit({ ...updated({ sku: 'a', available: 4 }), ...{ inserts: inserted({ sku: 'b', available: 1 }).inserts } });
    expect(await stored()).toEqual([
      { sku: 'a', available: 4 },
      { sku: 'b', available: 1 },
    ]);
  });

  test('a row that it does not know is loaded and locked, and known from then on', async () => {
    await run(other, fresh('a'), inserted({ sku: 'a', available: 5 }));
    const first = await store.begin([], [existing('a')]);
    expect(await locksNothing()).toBe(false);
    await first.commit(updated({ sku: 'a', available: 4 }));
    const second = await store.begin([], [existing('a')]);
    expect(await locksNothing()).toBe(true);
    expect(second.rows).toEqual([[{ sku: 'a', available: 4 }]]);
    await second.commit(updated({ sku: 'a', available: 3 }));
    expect(await stored()).toEqual([{ sku: 'a', available: 3 }]);
  });

  test('a row is known as it would be loaded, whatever the type of its columns', async () => {
    const full: Thing = {
      id: v7(),
      note: 'quo"te, \\ and 漢字',
      code: null,
      count: -7,
      amount: 2 ** 52 + 1,
      open: false,
      dueAt: new Date('2026-11-20T12:34:56.789Z'),
      lines: [{ sku: 'SKU-001', nested: { empty: [], none: null } }],
    };
    const load = { table: things, keys: [full.id], lock: true, fresh: none };
    const insertion = await store.begin([], []);
    await insertion.commit({ ...nothing, inserts: [{ table: things, rows: [{ ...full }] }] });
    const known = await store.begin([], [load]);
    const loaded = await other.begin([], [load]);
    expect(known.rows).toEqual(loaded.rows);
    await Promise.all([known.rollback(), loaded.rollback()]);
  });

  test('what is only read is always read', async () => {
    await run(store, fresh('a'), inserted({ sku: 'a', available: 5 }));
    await run(other, existing('a'), updated({ sku: 'a', available: 1 }));
    const batch = await store.begin([], [{ table: stock, keys: ['a'], lock: false, fresh: none }]);
    expect(batch.rows).toEqual([[{ sku: 'a', available: 1 }]]);
    await batch.commit(nothing);
  });

  test('the rows written longest ago are forgotten first', async () => {
    const small = new PgStore(dataSource, 2);
    for (const sku of ['a', 'b', 'c']) await run(small, fresh(sku), inserted({ sku, available: 1 }));
    const known = await small.begin([], [existing('b', 'c')]);
    expect(await locksNothing()).toBe(true);
    await known.rollback();
    const forgotten = await small.begin([], [existing('a')]);
    expect(await locksNothing()).toBe(false);
    expect(forgotten.rows).toEqual([[{ sku: 'a', available: 1 }]]);
    await forgotten.rollback();
    await small.close();
  });
});

describe('a wrong guess is a Conflict, leaves nothing, and the next attempt knows better:', () => {
  test('a row that another process has changed', async () => {
    await run(store, fresh('a'), inserted({ sku: 'a', available: 5 }));
    await run(other, existing('a'), updated({ sku: 'a', available: 2 }));
    const id = v7();
    const batch = await store.begin([claimOf(id)], [existing('a')]);
    const outbox = { id: v7(), events: [outgoing('order.created')] };
    await expect(batch.commit({ ...updated({ sku: 'a', available: 4 }), outbox })).rejects.toThrow(Conflict);
    expect(await stored()).toEqual([{ sku: 'a', available: 2 }]);
    expect(await store.unpublished(new Date(Date.now() + 60_000), 10)).toEqual([]);
    const again = await store.begin([claimOf(id)], [existing('a')]);
    expect([again.claimed, again.rows]).toEqual([[true], [[{ sku: 'a', available: 2 }]]]);
    await again.rollback();
  });

  test('a row that was decided upon, though not changed', async () => {
    await run(store, fresh('a', 'b'), inserted({ sku: 'a', available: 5 }, { sku: 'b', available: 5 }));
    await run(other, existing('a'), updated({ sku: 'a', available: 0 }));
    const batch = await store.begin([], [existing('a', 'b')]);
    await expect(batch.commit(updated({ sku: 'b', available: 4 }))).rejects.toThrow(Conflict);
  });

  test('a row that is gone', async () => {
    await run(store, fresh('a'), inserted({ sku: 'a', available: 5 }));
    await dataSource.query('delete from stock');
    const batch = await store.begin([], [existing('a')]);
    await expect(batch.commit(updated({ sku: 'a', available: 4 }))).rejects.toThrow(Conflict);
    const again = await store.begin([], [existing('a')]);
    expect(again.rows).toEqual([[]]);
    await again.rollback();
  });

  test.each([
    ['written', inserted({ sku: 'a', available: 1 })],
    ['only decided upon', nothing],
  ])('a row that exists although it was taken for new, %s', async (_what, changes) => {
    await run(other, fresh('a'), inserted({ sku: 'a', available: 5 }));
    const batch = await store.begin([], [fresh('a')]);
    expect(batch.rows).toEqual([[]]);
    await expect(batch.commit(changes)).rejects.toThrow(Conflict);
    const again = await store.begin([], [fresh('a')]);
    expect(again.rows).toEqual([[{ sku: 'a', available: 5 }]]);
    await again.rollback();
  });

  test('an event that was handled before', async () => {
    const [old, young] = [v7(), v7()];
    await (await other.begin([claimOf(old)], [])).commit(nothing);
    const batch = await store.begin([claimOf(old), claimOf(young)], [fresh('a')]);
    expect(batch.claimed).toEqual([true, true]);
    await expect(batch.commit(inserted({ sku: 'a', available: 1 }))).rejects.toThrow(Conflict);
    expect(await stored()).toEqual([]);
    const again = await store.begin([claimOf(old), claimOf(young)], [fresh('a')]);
    expect(again.claimed).toEqual([false, true]);
    await again.rollback();
  });

  test('an event whose step failed, which may have been handled before', async () => {
    const [failed, done] = [v7(), v7()];
    const batch = await store.begin([claimOf(failed), claimOf(done)], []);
    await expect(batch.commit({ ...nothing, withdrawn: [claimOf(failed)] })).rejects.toThrow(Conflict);
    const again = await store.begin([claimOf(failed), claimOf(done)], []);
    await again.commit({ ...nothing, withdrawn: [claimOf(failed)] });
    const later = await other.begin([claimOf(failed), claimOf(done)], []);
    await expect(later.commit(nothing)).rejects.toThrow(Conflict);
  });

  test('data that PostgreSQL refuses is told as such by the attempt that locks', async () => {
    const bad = inserted({ sku: 'a', available: -1 });
    const batch = await store.begin([], [fresh('a')]);
    await expect(batch.commit(bad)).rejects.toThrow(Conflict);
    const again = await store.begin([], [fresh('a')]);
    await expect(again.commit(bad)).rejects.toThrow('PostgreSQL refuses the data (23514)');
  });
});

test('two processes that take from the same rows lose nothing, and stop guessing', async () => {
  await run(store, fresh('a', 'b'), inserted({ sku: 'a', available: 200 }, { sku: 'b', available: 200 }));
  const take = async (by: PgStore): Promise<number> => {
    let attempts = 0;
    for (let taken = 0; taken < 100; taken++)
      attempts += await insist(by, existing('a', 'b'), (row) => ({ ...row, available: row.available - 1 }));
    return attempts;
  };
  const attempts = await Promise.all([take(store), take(other)]);
  expect(await stored()).toEqual([
    { sku: 'a', available: 0 },
    { sku: 'b', available: 0 },
  ]);
  expect(Math.max(...attempts)).toBeLessThan(120);
});

test('after a lost connection nothing is known', async () => {
  await run(store, fresh('a'), inserted({ sku: 'a', available: 5 }));
  const batch = await store.begin([], [existing('a')]);
  await dataSource.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`);
  await expect(batch.commit(updated({ sku: 'a', available: 4 }))).rejects.toThrow(Unavailable);
  const again = await store.begin([], [existing('a')]);
  expect(await locksNothing()).toBe(false);
  expect(again.rows).toEqual([[{ sku: 'a', available: 5 }]]);
  await again.rollback();
});

test('a store that shall remember nothing always locks', async () => {
  const locking = new PgStore(dataSource, 0);
  await run(locking, fresh('a'), inserted({ sku: 'a', available: 5 }));
  const batch = await locking.begin([], [existing('a')]);
  expect(await locksNothing()).toBe(false);
  await batch.rollback();
  await locking.close();
});

test('an event that is in the journal already is a conflict, and stays as it was when the next attempt locks', async () => {
  const subject = v4();
  const [first, second] = [outgoing('order.created', { subject }), outgoing('order.completed', { subject })];
  await run(store, fresh('a'), { ...inserted({ sku: 'a', available: 5 }), journal: [first] });
  const copy = { ...first, body: `${first.body} ` };
  const changes = { ...updated({ sku: 'a', available: 4 }), journal: [copy, second] };
  await expect(run(store, existing('a'), changes)).rejects.toThrow(Conflict);
  await run(store, existing('a'), changes);
  const text = 'select event_id, event as body from event_history where subject = $1 order by event_id';
  const kept = [first, second].map(({ event, body }) => ({ event_id: event.id, body }));
  expect(await dataSource.query(text, [subject])).toEqual(kept);
  expect(await stored()).toEqual([{ sku: 'a', available: 4 }]);
});
