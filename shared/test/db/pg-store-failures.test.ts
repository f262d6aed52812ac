import { describe, expect, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import type { PgStore } from '@quickstep/shared/db';
import { Conflict } from '@quickstep/shared/pipeline';
import type { Row } from '@quickstep/shared/rows';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { changeOf, claimOf, insert, load, nothing, outgoing, someoneWaits, stock, things, twoStores } from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
let other: PgStore;
twoStores((made) => {
  ({ dataSource, store, other } = made);
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
    await insert(store, stock, { sku: 'a', available: 1 });
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

  test('a column whose type a migration changes is a Conflict: the batch succeeds when it is replayed', async () => {
    const id = v7();
    const none = { count: null, amount: null, open: null, dueAt: null, lines: null };
    await insert(store, things, { id, note: null, code: 'ABC', ...none });
    const typed = (type: string) => dataSource.query(`alter table things alter code type ${type}`);
    expect(await load(store, things, id)).toHaveLength(1);
    await typed('text');
    try {
      await expect(load(store, things, id)).rejects.toThrow(Conflict);
      expect(await load(store, things, id)).toHaveLength(1);
    } finally {
      await typed('varchar(10)');
    }
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
    expect(await load(store, things, v7())).toEqual([]);
  });

  test('an update of a row that is gone writes nothing at all', async () => {
    await insert(store, stock, { sku: 'a', available: 1 });
    const batch = await store.begin([], [{ table: stock, keys: ['a', 'gone'], lock: true }]);
    const rows = [
      { sku: 'a', available: 9 },
      { sku: 'gone', available: 9 },
    ];
    await expect(batch.commit({ ...nothing, updates: [changeOf(stock, rows)] })).rejects.toThrow('somebody deleted it');
    expect(await load(store, stock, 'a')).toEqual([{ sku: 'a', available: 1 }]);
  });

  test('one transaction at a time; each ends once', async () => {
    const batch = await store.begin([claimOf(v7())], []);
    await expect(store.begin([], [])).rejects.toThrow('A batch is open already');
    await batch.rollback();
    await expect(batch.commit(nothing)).rejects.toThrow('has ended already');
    await (await store.begin([], [])).commit(nothing);
  });
});
