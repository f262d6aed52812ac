import { expect, test } from '@jest/globals';
import { keep, type PgStore, type Retention } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { Connection } from '../../src/db/connection.js';
import { deleteOld } from '../../src/db/retention.js';
import { claimOf, nothing, things, twoStores } from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
twoStores((made) => {
  ({ dataSource, store } = made);
});

const inbox: Retention = { table: 'inbox', column: 'handled_at', days: 30 };

async function claimedDaysAgo(days: number): Promise<string> {
  const id = v7();
  await (await store.begin([claimOf(id)], [])).commit(nothing);
  await dataSource.query("update inbox set handled_at = now() - $1 * interval '1 day' where event_id = $2", [days, id]);
  return id;
}

test('rows older than their rule are deleted, a page at a time; whatever their ids say', async () => {
  const [old, older, young] = [await claimedDaysAgo(31), await claimedDaysAgo(40), await claimedDaysAgo(29)];
  expect(await store.deleteOld(inbox, 1)).toBe(1);
  expect(await store.deleteOld(inbox, 10)).toBe(1);
  expect(await store.deleteOld(inbox, 10)).toBe(0);
  const again = await store.begin(
    [old, older, young].map((id) => claimOf(id)),
    [],
  );
  expect(again.claimed).toEqual([true, true, false]);
  await again.rollback();
});

test('a condition keeps rows that are still needed', async () => {
  const [kept, old] = [await claimedDaysAgo(31), await claimedDaysAgo(31)];
  expect(await store.deleteOld({ ...inbox, where: `event_id <> '${kept}'` }, 10)).toBe(1);
  expect(await dataSource.query('select event_id from inbox')).toEqual([{ event_id: kept }]);
  expect(old).not.toBe(kept);
});

test('several rules may delete from one table', async () => {
  const [first, second] = [await claimedDaysAgo(31), await claimedDaysAgo(31)];
  const only = (id: string): Retention => ({ ...inbox, where: `event_id = '${id}'` });
  expect(await store.deleteOld(only(first), 10)).toBe(1);
  expect(await store.deleteOld(only(second), 10)).toBe(1);
});

test('a rule may empty columns, and leave the rows: those that are old, a page at a time', async () => {
  for (const days of [31, 40, 29]) await claimedDaysAgo(days);
  const emptied = { ...inbox, where: "step <> ''", empty: "step = ''" };
  expect(await store.deleteOld(emptied, 1)).toBe(1);
  expect(await store.deleteOld(emptied, 10)).toBe(1);
  expect(await store.deleteOld(emptied, 10)).toBe(0);
  const rows: { step: string }[] = await dataSource.query('select step from inbox order by handled_at');
  expect(rows.map(({ step }) => step === '')).toEqual([true, true, false]);
  expect(await store.deleteOld({ ...inbox, where: "step = ''" }, 10)).toBe(2);
  expect(await dataSource.query('select from inbox')).toHaveLength(1);
});

test('a rule of a declared table names its column by the property, which must be a moment', async () => {
  const rule = keep(things, 'dueAt', 30);
  const ages = [31, 29, null];
  await dataSource.query(
    "insert into things (id, due_at) select gen_random_uuid(), now() - age * interval '1 day' from unnest($1::integer[]) as age",
    [ages],
  );
  expect(await store.deleteOld(rule, 10)).toBe(1);
  expect(await dataSource.query('select from things')).toHaveLength(2);
  // @ts-expect-error A text is no moment.
  keep(things, 'note', 30);
  // @ts-expect-error There is no such property.
  keep(things, 'due_at', 30);
});

test('a row that somebody is changing is left alone', async () => {
  const id = await claimedDaysAgo(31);
  const somebody = dataSource.createQueryRunner();
  await somebody.startTransaction();
  await somebody.query('update inbox set handled_at = now() where event_id = $1', [id]);
  expect(await store.deleteOld(inbox, 10)).toBe(0);
  await somebody.rollbackTransaction();
  await somebody.release();
});

test('old rows are found by an index', async () => {
  const connection = await Connection.open(dataSource);
  const { text } = deleteOld(inbox, 10);
  const [, plan] = await connection.send([{ text: `prepare s as ${text}` }, { text: 'explain execute s(30, 10)' }]);
  await connection.close();
  expect(JSON.stringify(plan?.rows)).toMatch(/Index Scan on inbox_by_time/);
});
