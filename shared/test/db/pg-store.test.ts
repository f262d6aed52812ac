import { describe, expect, jest, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import type { PgStore } from '@quickstep/shared/db';
import { Conflict, Unavailable } from '@quickstep/shared/pipeline';
import type { Row, Table } from '@quickstep/shared/rows';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import {
  changeOf,
  claimOf,
  nothing,
  outgoing,
  type Stock,
  someoneWaits,
  stock,
  type Thing,
  things,
  twoStores,
} from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
let other: PgStore;
twoStores((made) => {
  ({ dataSource, store, other } = made);
});

/** Timers stay those of Node.js: the driver needs them. */
const everythingButTheClock = [
  'Date',
  'hrtime',
  'nextTick',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

const row = (typed: Thing | Stock): Row => ({ ...typed });

async function insert(table: Table, ...rows: (Thing | Stock)[]): Promise<void> {
  const batch = await store.begin([], []);
  await batch.commit({ ...nothing, inserts: [{ table, rows: rows.map(row) }] });
}

async function load(table: Table, ...keys: string[]): Promise<readonly Row[] | undefined> {
  const batch = await store.begin([], [{ table, keys, lock: true }]);
  await batch.rollback();
  return batch.rows[0];
}

/** Ends the other connections to this database, and resolves when they are gone. */
async function killBackends(which = 'true'): Promise<void> {
  await dataSource.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and ${which}`);
}

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
    await insert(things, ...inserted);
    expect(await load(things, a, b)).toEqual(inserted);

    const updated = [
      { ...full(b), note: '', code: null, count: 0, open: true, lines: 'text', amount: -1 },
      { ...full(a), dueAt: null, lines: null, note: 'changed' },
    ];
    const batch = await store.begin([], [{ table: things, keys: [a, b], lock: true }]);
    await batch.commit({ ...nothing, updates: [changeOf(things, updated)] });
    expect(await load(things, a, b)).toEqual([updated[1], updated[0]]);
  });

  test('null and undefined are both stored as null in every column', async () => {
    const [a, b] = [v7(), v7()];
    const empty = { note: null, code: null, count: null, amount: null, open: null, dueAt: null, lines: null };
    const batch = await store.begin([], []);
    await batch.commit({ ...nothing, inserts: [{ table: things, rows: [{ id: a, ...empty }, { id: b }] }] });
    expect(await load(things, a, b)).toEqual([
      { id: a, ...empty },
      { id: b, ...empty },
    ]);
  });

  test('a key that has no row is simply absent, and rows come in key order', async () => {
    await insert(stock, { sku: 'b', available: 2 }, { sku: 'a', available: 1 });
    expect(await load(stock, 'a', 'absent', 'b')).toEqual([
      { sku: 'a', available: 1 },
      { sku: 'b', available: 2 },
    ]);
  });

  test('read sees what is committed and waits for no lock', async () => {
    await insert(stock, { sku: 'a', available: 1 });
    const holder = await other.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    const reader = await store.begin([], [{ table: stock, keys: ['a'], lock: false }]);
    expect(reader.rows).toEqual([[{ sku: 'a', available: 1 }]]);
    await reader.commit(nothing);
    await holder.rollback();
  });

  test('a locked row makes the next batch wait, which then sees the new value', async () => {
    await insert(stock, { sku: 'a', available: 5 });
    const first = await store.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    const waiting = other.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    await someoneWaits(dataSource);
    await first.commit({ ...nothing, updates: [changeOf(stock, [{ sku: 'a', available: 4 }])] });
    const second = await waiting;
    expect(second.rows).toEqual([[{ sku: 'a', available: 4 }]]);
    await second.rollback();
  });
});

describe('failures', () => {
  test('the same fresh row inserted by two stores is a Conflict for the second', async () => {
    const insertion = { ...nothing, inserts: [{ table: stock, rows: [{ sku: 'a', available: 1 }] }] };
    const first = await store.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    const second = await other.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    await first.commit(insertion);
    await expect(second.commit(insertion)).rejects.toThrow(Conflict);
    const replayed = await other.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    expect(replayed.rows).toEqual([[{ sku: 'a', available: 1 }]]);
    await replayed.rollback();
  });

  test('a deadlock is a Conflict', async () => {
    await insert(stock, { sku: 'a', available: 1 });
    const somebody = dataSource.createQueryRunner();
    await somebody.startTransaction();
    // So that it is not this transaction which notices, and gives way.
    await somebody.query("set local deadlock_timeout = '1min'");
    await somebody.query("insert into stock values ('b', 1)");
    const batch = await store.begin([], [{ table: stock, keys: ['a'], lock: true }]);
    const waiting = somebody.query("select from stock where sku = 'a' for update");
    await someoneWaits(dataSource);
    const insertion = { ...nothing, inserts: [{ table: stock, rows: [{ sku: 'b', available: 1 }] }] };
    await expect(batch.commit(insertion)).rejects.toThrow(Conflict);
    await waiting;
    await somebody.rollbackTransaction();
    await somebody.release();
  });

  test('a failed statement leaves nothing: no claim, no row, no outbox entry; the first error is told', async () => {
    const id = v7();
    const batch = await store.begin([claimOf(id)], []);
    const failed = batch.commit({
      ...nothing,
      inserts: [
        { table: stock, rows: [{ sku: 'bad', available: -1 }] },
        { table: things, rows: [{ id }] },
      ],
      outbox: { id: v7(), events: [outgoing('order.created')] },
    });
    await expect(failed).rejects.toThrow(
      new Permanent(
        'PostgreSQL refuses the data (23514): new row for relation "stock" violates check constraint "stock_available_check"',
      ),
    );
    expect(await store.takeUnpublished(0, 10)).toEqual([]);
    const again = await store.begin([claimOf(id)], [{ table: things, keys: [id], lock: true }]);
    expect([again.claimed, again.rows]).toEqual([[true], [[]]]);
    await again.rollback();
  });

  test.each<[string, Row]>([
    ['text too long', { id: v7(), code: '12345678901' }],
    ['NUL in text', { id: v7(), note: 'secret\0' }],
    ['NUL in JSON', { id: v7(), lines: { note: 'secret\0' } }],
    ['a fraction in an integer', { id: v7(), count: 1.5 }],
    ['not a number', { id: v7(), count: Number.NaN }],
    ['a key that is no uuid', { id: 'secret' }],
  ])('%s is Permanent, does not quote the value, and the store goes on', async (_what, bad) => {
    const batch = await store.begin([claimOf(v7())], []);
    const failed: unknown = await batch.commit({ ...nothing, inserts: [{ table: things, rows: [bad] }] }).catch((error) => error);
    expect(failed).toBeInstanceOf(Permanent);
    expect(String(failed)).not.toContain('secret');
    expect(await load(things, v7())).toEqual([]);
  });

  test('an update of a row that is gone writes nothing at all', async () => {
    await insert(stock, { sku: 'a', available: 1 });
    const batch = await store.begin([], [{ table: stock, keys: ['a', 'gone'], lock: true }]);
    const rows = [
      { sku: 'a', available: 9 },
      { sku: 'gone', available: 9 },
    ];
    await expect(batch.commit({ ...nothing, updates: [changeOf(stock, rows)] })).rejects.toThrow('somebody deleted it');
    expect(await load(stock, 'a')).toEqual([{ sku: 'a', available: 1 }]);
  });

  test('one transaction at a time; each ends once', async () => {
    const batch = await store.begin([claimOf(v7())], []);
    await expect(store.begin([], [])).rejects.toThrow('A batch is open already');
    await batch.rollback();
    await expect(batch.commit(nothing)).rejects.toThrow('has ended already');
    await (await store.begin([], [])).commit(nothing);
  });
});

describe('a lost connection', () => {
  test('between begin and commit: Unavailable, nothing is written, and the next begin works', async () => {
    const id = v7();
    const batch = await store.begin([claimOf(id)], []);
    await killBackends();
    await expect(batch.commit({ ...nothing, inserts: [{ table: things, rows: [{ id }] }] })).rejects.toThrow(Unavailable);
    const again = await store.begin([claimOf(id)], [{ table: things, keys: [id], lock: true }]);
    expect([again.claimed, again.rows]).toEqual([[true], [[]]]);
    await again.commit(nothing);
  });

  test('is trouble until a batch succeeds, or none is tried for ten seconds', async () => {
    expect(store.trouble).toBeUndefined();
    const lose = async () => {
      const batch = await store.begin([], []);
      await killBackends();
      await expect(batch.commit(nothing)).rejects.toThrow(Unavailable);
    };
    await lose();
    expect(store.trouble).toBe('the last transaction could not be written');
    await (await store.begin([], [])).commit(nothing);
    expect(store.trouble).toBeUndefined();
    const refused = await store.begin([], []);
    await expect(
      refused.commit({ ...nothing, inserts: [{ table: stock, rows: [{ sku: 'a', available: -1 }] }] }),
    ).rejects.toThrow(Permanent);
    expect(store.trouble).toBeUndefined();
    jest.useFakeTimers({ doNotFake: [...everythingButTheClock] });
    try {
      await lose();
      jest.advanceTimersByTime(9_999);
      expect(store.trouble).toBeDefined();
      jest.advanceTimersByTime(1);
      expect(store.trouble).toBeUndefined();
    } finally {
      jest.useRealTimers();
    }
  });

  test('while a statement waits: Unavailable, and the next begin works', async () => {
    await insert(stock, { sku: 'a', available: 1 });
    const loads = [{ table: stock, keys: ['a'], lock: true }];
    const holder = await other.begin([], loads);
    const waiting = expect(store.begin([claimOf(v7())], loads)).rejects.toThrow(Unavailable);
    await someoneWaits(dataSource);
    await killBackends("wait_event_type = 'Lock'");
    await waiting;
    await holder.rollback();
    expect(await load(stock, 'a')).toEqual([{ sku: 'a', available: 1 }]);
  });

  test('outside a batch too', async () => {
    await store.takeUnpublished(0, 1);
    await killBackends();
    await store.takeUnpublished(0, 1).catch((error) => expect(error).toBeInstanceOf(Unavailable));
    expect(await store.takeUnpublished(0, 1)).toEqual([]);
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
  expect(await load(stock, ...skus)).toHaveLength(500);
});
