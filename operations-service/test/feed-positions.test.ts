import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDataSource, kitMigrations, migrate } from '@quickstep/shared/db';
import { eventually, type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import type { FeedLine } from '../src/archive/feed-page.js';
import { FeedPositions } from '../src/archive/feed-positions.js';
import { Archive, Archive1760000000001, RecentEvents } from '../src/archive/index.js';

let database: FreshDatabase;
let dataSource: DataSource;
let positions: FeedPositions;
let archive: Archive;
beforeEach(async () => {
  database = await freshDatabase();
  dataSource = createDataSource({
    url: database.url,
    applicationName: 'feed-positions',
    entities: [],
    migrations: [...kitMigrations, Archive1760000000001],
    poolSize: 4,
  });
  await dataSource.initialize();
  await migrate(dataSource);
  positions = new FeedPositions(dataSource);
  archive = new Archive(dataSource);
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

function line(number: number): FeedLine {
  const id = `0193a4b0-0000-7000-8000-${String(number).padStart(12, '0')}`;
  const time = new Date('2026-11-24T12:00:00Z');
  const about = { type: 'test.written', subject: 'subject', correlationId: 'saga' };
  const body = JSON.stringify({ id, time });
  return { cursor: `c${number}`, id, ...about, time, event: JSON.parse(body), body };
}
const ids = async () => (await archive.read(0, 100)).map(({ event }) => Number(event.id.slice(-12)));

test('a page is stored where the last one ended, by one of those who read it', async () => {
  expect(await positions.store('a', undefined, [line(1), line(2)])).toBe('c2');
  const both = await Promise.all([positions.store('a', 'c2', [line(3)]), positions.store('a', 'c2', [line(3), line(4)])]);
  expect(new Set(both).size).toBe(1);
  const last = await positions.cursorOf('a');
  expect(both[0]).toBe(last);
  // Who comes too late is told where to go on, and stores nothing.
  expect(await positions.store('a', 'c1', [line(9)])).toBe(last);
  expect(await ids()).toEqual(last === 'c3' ? [1, 2, 3] : [1, 2, 3, 4]);
});

test('a month that was dropped by hand is made again', async () => {
  await positions.store('a', undefined, [line(1)]);
  await dataSource.query('drop table archive_2026_11');
  // The follower tries again.
  await expect(positions.store('a', 'c1', [line(2)])).rejects.toThrow('no partition of relation "archive" found');
  expect(await positions.store('a', 'c1', [line(2)])).toBe('c2');
  expect(await ids()).toEqual([2]);
});

test('those who follow get from memory what was stored, at the positions that it has in the archive', async () => {
  const recent = new RecentEvents();
  const here = new FeedPositions(dataSource, recent);
  await here.store('a', undefined, [line(1), line(2)]);
  await here.store('b', undefined, [line(3)]);
  expect(recent.after(0)?.map(({ position, body }) => ({ position, body }))).toEqual(
    (await archive.read(0, 100)).map(({ position, body }) => ({ position, body })),
  );
  // What another process stores is in the database only, and so is what is before it to those who have not read it yet.
  await positions.store('c', undefined, [line(4)]);
  await here.store('a', 'c2', [line(5)]);
  const end = await archive.end();
  expect(recent.after(end - 1)?.map(({ position }) => position)).toEqual([end]);
  expect(recent.after(end - 2)).toBeUndefined();
  // Of a page that was there in part it is not known what was added.
  await dataSource.query('delete from archive_feeds');
  await here.store('a', undefined, [line(1), line(6)]);
  expect(recent.after(end)).toBeUndefined();
  expect(await ids()).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a log that is read from its beginning again adds nothing', async () => {
  await positions.store('a', undefined, [line(1), line(2)]);
  await dataSource.query('delete from archive_feeds');
  expect(await positions.store('a', undefined, [line(1), line(2), line(3)])).toBe('c3');
  expect(await ids()).toEqual([1, 2, 3]);
});

test('a reader does not pass a position by that is committed later', async () => {
  const slow = new Client({ connectionString: database.url });
  await slow.connect();
  try {
    await positions.store('a', undefined, [line(1)]);
    // A writer that has taken its position and has not committed yet, with the lock that every writer takes.
    await slow.query('begin');
    await slow.query('select pg_advisory_xact_lock(7061801)');
    await slow.query(
      `insert into archive (id, service, type, subject, correlation_id, time, event)
       select '0193a4b0-0000-7000-8000-000000000002', 'b', type, subject, correlation_id, time, replace(event, '000000000001', '000000000002') from archive`,
    );
    const later = positions.store('c', undefined, [line(3)]);
    const waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted";
    const stored = later.then(() => true);
    const waits = async () => {
      await eventually(async () => (await slow.query(waiting)).rowCount !== 0);
      return false;
    };
    expect(await Promise.race([stored, waits()])).toBe(false);
    expect(await ids()).toEqual([1]);
    await slow.query('commit');
    await later;
    expect(await ids()).toEqual([1, 2, 3]);
  } finally {
    await slow.end();
  }
});
