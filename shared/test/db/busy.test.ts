import { expect, test } from '@jest/globals';
import type { PgStore } from '@quickstep/shared/db';
import { Busy } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { Connection } from '../../src/db/connection.js';
import { changeOf, claimOf, nothing, stock, things, twoStores } from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
let other: PgStore;
twoStores((made) => {
  ({ dataSource, store, other } = made);
});

const loadOf = (...keys: string[]) => [{ table: stock, keys, lock: true }];

async function insert(...skus: string[]): Promise<void> {
  const rows = skus.map((sku) => ({ sku, available: 1 }));
  await (await store.begin([], [])).commit({ ...nothing, inserts: [{ table: stock, rows }] });
}

test('a row that another connection keeps locked makes its batch Busy; other rows go on meanwhile', async () => {
  await insert('a', 'b');
  const somebody = dataSource.createQueryRunner();
  await somebody.startTransaction();
  await somebody.query("select from stock where sku = 'a' for update");
  const claim = claimOf(v7());

  await expect(
    store.begin([claim], [...loadOf('a', 'b', 'absent'), { table: things, keys: [v7()], lock: true }]),
  ).rejects.toMatchObject({
    name: 'Busy',
    locked: [{ table: stock, keys: ['a'] }],
  });
  const neighbour = await store.begin([claim], loadOf('b'));
  expect([neighbour.claimed, neighbour.rows]).toEqual([[true], [[{ sku: 'b', available: 1 }]]]);
  await neighbour.commit({ ...nothing, updates: [changeOf(stock, [{ sku: 'b', available: 2 }])] });

  await somebody.rollbackTransaction();
  await somebody.release();
  const after = await store.begin([claimOf(v7())], loadOf('a', 'b'));
  expect(after.rows[0]).toMatchObject([{ available: 1 }, { available: 2 }]);
  await after.rollback();
});

test('a row that is only read counts as locked by nobody', async () => {
  await insert('a', 'b');
  const somebody = dataSource.createQueryRunner();
  await somebody.startTransaction();
  await somebody.query("select from stock where sku in ('a', 'b') for update");
  const loads = [...loadOf('a'), { table: stock, keys: ['b'], lock: false }];
  await expect(store.begin([], loads)).rejects.toMatchObject({ name: 'Busy', locked: [{ table: stock, keys: ['a'] }] });
  await somebody.rollbackTransaction();
  await somebody.release();
});

test('a commit that must wait too long is Busy, and leaves nothing', async () => {
  const first = await store.begin([], loadOf('new'));
  const second = await other.begin([claimOf(v7())], loadOf('new'));
  const insertion = { ...nothing, inserts: [{ table: stock, rows: [{ sku: 'new', available: 1 }] }] };
  // Still open when the other one wants the same key.
  const somebody = dataSource.createQueryRunner();
  await somebody.startTransaction();
  await somebody.query("insert into stock values ('new', 7)");
  await expect(second.commit(insertion)).rejects.toThrow(Busy);
  await somebody.rollbackTransaction();
  await somebody.release();
  await first.commit(insertion);
});

test('a statement that the server cancels because it takes too long is Busy; the connection is of use after it', async () => {
  const connection = await Connection.open(dataSource);
  await connection.send([{ text: "set statement_timeout = '20ms'" }]);
  await expect(connection.sendOrRollBack([{ text: 'begin' }, { text: 'select pg_sleep(60)' }])).rejects.toThrow(Busy);
  expect(await connection.send([{ text: 'select 1 as one' }])).toMatchObject([{ rows: [{ one: 1 }] }]);
  await connection.close();
});
