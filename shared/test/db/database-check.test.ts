import { expect, test } from '@jest/globals';
import { databaseCheck, type PgStore } from '@quickstep/shared/db';
import { Unavailable } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { dataSourceOf, nothing, outgoing, twoStores } from './fixture.js';
import { standby } from './standby.js';

let dataSource: DataSource;
let url: string;
let store: PgStore;
twoStores((made) => {
  ({ dataSource, url, store } = made);
});

test('a database that can be written passes', async () => {
  expect(await databaseCheck(dataSource, store).check()).toBeUndefined();
});

test('a read-only database does not', async () => {
  const database = new URL(url).pathname.slice(1);
  await dataSource.query(`alter database ${database} set default_transaction_read_only = on`);
  const frozen = dataSourceOf(url);
  await frozen.initialize();
  expect(await frozen.query('select 1 as one')).toEqual([{ one: 1 }]);
  expect(await databaseCheck(frozen, store).check()).toBe('it is read only');
  await frozen.destroy();
  await dataSource.query(`alter database ${database} reset default_transaction_read_only`);
});

test('a standby does not, though it can be read', async () => {
  const server = await standby();
  const remote = dataSourceOf(server.url);
  await remote.initialize();
  expect(await remote.query('select 1 as one')).toEqual([{ one: 1 }]);
  expect(await databaseCheck(remote, store).check()).toBe('it is a standby');
  await remote.destroy();
  await server.stop();
});

test('a full disk does not, until a transaction can be written again', async () => {
  await dataSource.query(`create function full_disk() returns trigger language plpgsql as
    $$ begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$`);
  await dataSource.query('create trigger full_disk before insert on outbox for each statement execute function full_disk()');
  const { check } = databaseCheck(dataSource, store);
  const write = async () => {
    const outbox = { id: v7(), events: [outgoing('order.created')] };
    await (await store.begin([], [])).commit({ ...nothing, outbox });
  };
  await expect(write()).rejects.toThrow(Unavailable);
  expect(await check()).toBe('the last transaction could not be written');
  await dataSource.query('drop function full_disk cascade');
  await write();
  expect(await check()).toBeUndefined();
});
