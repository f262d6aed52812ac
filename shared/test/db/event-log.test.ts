import { beforeEach, describe, expect, test } from '@jest/globals';
import { keepPartitions, LOG_BEGINNING, type LogPosition, PgEventLog, type PgStore } from '@quickstep/shared/db';
import { eventually } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { claimOf, nothing, outgoing, twoStores } from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
let other: PgStore;
let log: PgEventLog;
twoStores((made) => {
  ({ dataSource, store, other } = made);
});
beforeEach(() => {
  log = new PgEventLog(dataSource);
});

const entryOf = (...types: string[]) => ({ id: v7(), events: types.map((type) => outgoing(type)) });

async function emit(...types: string[]) {
  const outbox = entryOf(...types);
  await (await store.begin([], [])).commit({ ...nothing, outbox });
  await othersEnded();
  return outbox.events;
}

/** Reads to the end in small pages, as a reader does. */
async function readFrom(start: LogPosition, limit = 2) {
  const types: string[] = [];
  let position = start;
  for (let page = await log.read(position, limit); page.length > 0; page = await log.read(position, limit)) {
    types.push(...page.map(({ type }) => type));
    position = page.at(-1) ?? position;
  }
  return { types, position };
}

/** A transaction that still runs holds readers back, whatever database of the server it is of: waits for those that other tests have begun. */
async function othersEnded(): Promise<void> {
  const end = await log.end();
  const reached = 'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 as reached';
  await eventually(async () => {
    const [row]: { reached: boolean }[] = await dataSource.query(reached, [end]);
    return row?.reached === true;
  });
}

describe('a reader of the log', () => {
  test('gets everything once, in order, as it was written, page by page', async () => {
    const events = [...(await emit('order.created', 'order.completed')), ...(await emit('order.cancelled'))];
    const page = await log.read(LOG_BEGINNING, 10);
    expect(page.map(({ body }) => body)).toEqual(events.map(({ body }) => body));
    expect((await readFrom(LOG_BEGINNING)).types).toEqual(['order.created', 'order.completed', 'order.cancelled']);
  });

  test('gets pages as lines too, each with the cursor after it, and nothing behind the last', async () => {
    expect(await log.lines(LOG_BEGINNING, 10)).toBe('');
    const events = await emit('order.created', 'order.completed', 'order.cancelled');
    const entries = await log.read(LOG_BEGINNING, 10);
    const line = (index: number) => {
      const { transaction, position } = entries[index] ?? LOG_BEGINNING;
      const cursor = Buffer.from(`${transaction}.${position}`).toString('base64url');
      return `{"cursor":"${cursor}","event":${events[index]?.body}}\n`;
    };
    expect(await log.lines(LOG_BEGINNING, 2)).toBe(line(0) + line(1));
    expect(await log.lines(entries[1] ?? LOG_BEGINNING, 2)).toBe(line(2));
    expect(await log.lines(entries[2] ?? LOG_BEGINNING, 2)).toBe('');
  });

  test('gets the many events of one transaction in order, whatever number of digits their positions have', async () => {
    const types = Array.from({ length: 25 }, (_, index) => `order.number_${index}`);
    await emit(...types);
    for (const limit of [1, 2, 7, 100]) expect((await readFrom(LOG_BEGINNING, limit)).types).toEqual(types);
  });

  test('does not fall into the hole that a transaction leaves which commits late', async () => {
    // The first has its transaction id before the second, and its positions after it.
    const first = await store.begin([claimOf(v7())], []);
    const second = await other.begin([claimOf(v7())], []);
    await second.commit({ ...nothing, outbox: entryOf('order.completed') });

    const committed: { type: string }[] = await dataSource.query('select type from event_log');
    expect(committed).toEqual([{ type: 'order.completed' }]);
    const early = await readFrom(LOG_BEGINNING);
    expect(early.types).toEqual([]);

    await first.commit({ ...nothing, outbox: entryOf('order.created') });
    await othersEnded();
    const later = await readFrom(early.position);
    expect(later.types).toEqual(['order.created', 'order.completed']);
  });

  test('gets the types and the time that it asks for', async () => {
    await emit('order.created', 'order.completed', 'order.created');
    const types = ['order.created'];
    expect(await log.read(LOG_BEGINNING, 10, { types })).toHaveLength(2);
    const since = new Date(Date.now() + 3_600_000);
    expect(await log.read(LOG_BEGINNING, 10, { since })).toEqual([]);
    const position = await log.positionBefore(new Date(Date.now() - 3_600_000));
    expect((await readFrom(position)).types).toHaveLength(3);
  });
});

describe('partitions', () => {
  const names = async () => {
    const text =
      "select relname as name from pg_inherits join pg_class on oid = inhrelid where inhparent = 'event_log'::regclass";
    const rows: { name: string }[] = await dataSource.query(text);
    return rows.map(({ name }) => name).sort();
  };

  test('are there for this month and the next two, and made once', async () => {
    const before = await names();
    expect(before).toHaveLength(4);
    expect(await keepPartitions(dataSource, 30)).toEqual([]);
    expect(await names()).toEqual(before);
  });

  test('of later months are made although events of this one stand in the default partition', async () => {
    const before = await names();
    const [current, next] = before.filter((name) => name !== 'event_log_default');
    await dataSource.query(`drop table ${current}, ${next}`);
    await (await store.begin([], [])).commit({ ...nothing, outbox: entryOf('order.created') });
    expect(await keepPartitions(dataSource, 30)).toEqual([]);
    expect(await names()).toEqual(before.filter((name) => name !== current));
    await dataSource.query('truncate event_log, outbox');
    await keepPartitions(dataSource, 30);
    expect(await names()).toEqual(before);
  });

  test('of which everything is too old are dropped, unless something in them is not with the broker yet', async () => {
    await dataSource.query(
      "create table event_log_2020_01 partition of event_log for values from ('2020-01-01 00:00+00') to ('2020-02-01 00:00+00')",
    );
    const { id, events } = entryOf('order.created');
    await (await store.begin([], [])).commit({ ...nothing, outbox: { id, events } });
    await dataSource.query("update event_log set time = '2020-01-15 00:00+00'");
    await dataSource.query("update outbox set created_at = '2020-01-15 00:00+00'");
    expect(await keepPartitions(dataSource, 30)).toEqual([]);
    await store.updateOutbox({ deleted: [id], updated: [], postponed: [] });
    expect(await keepPartitions(dataSource, 0)).toEqual([]);
    expect(await keepPartitions(dataSource, 30)).toEqual(['event_log_2020_01']);
    expect(await log.read(LOG_BEGINNING, 10)).toEqual([]);
  });
});
