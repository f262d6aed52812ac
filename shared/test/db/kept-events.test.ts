import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PgStore } from '@quickstep/shared/db';
import { eventually } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { v4, v7 } from 'uuid';
import { migratedDatabase, nothing, outgoing } from './fixture.js';

let dataSource: DataSource;
let drop: () => Promise<void>;
let store: PgStore;

beforeAll(async () => {
  ({ dataSource, drop } = await migratedDatabase());
  store = new PgStore(dataSource);
});
beforeEach(() => dataSource.query('truncate inbox, outbox, event_log'));
afterAll(async () => {
  await store.close();
  await drop();
});

async function vacuums(): Promise<number> {
  const text = "select vacuum_count::int as count from pg_stat_user_tables where relname = 'outbox'";
  const [found] = await dataSource.query<{ count: number }[]>(text);
  return found?.count ?? 0;
}

/** As many events as a vacuum is worth. */
async function commitMany(through: PgStore): Promise<void> {
  const events = Array.from({ length: 1_000 }, () => outgoing('order.created'));
  for (let entry = 0; entry < 10; entry++)
    await (await through.begin([], [])).commit({ ...nothing, outbox: { id: v7(), events } });
}

describe('the outbox', () => {
  test('gives events back byte-identical, oldest entry first', async () => {
    const entries = [
      {
        id: v7(),
        events: [
          outgoing('order.created', { note: 'quo"te \\ \n ünïcødé 🎉 \ud800 \0' }),
          outgoing('notification.sent', { final: true }),
        ],
      },
      { id: v7(), events: [outgoing('payment.failed')] },
    ];
    for (const outbox of entries) await (await store.begin([], [])).commit({ ...nothing, outbox });
    expect(await store.takeUnpublished(60_000, 10)).toEqual([]);
    expect(await store.takeUnpublished(0, 1)).toEqual(entries.slice(0, 1));
    expect(await store.takeUnpublished(0, 10)).toEqual(entries.slice(1));
  });

  test('gives entries in the order of their ids, whichever was written first', async () => {
    const [first, second, third] = [1, 2, 3].map(() => ({ id: v7(), events: [outgoing('order.created')] }));
    for (const outbox of [second, third, first]) await (await store.begin([], [])).commit({ ...nothing, outbox });
    expect(await store.takeUnpublished(0, 10)).toEqual([first, second, third]);
  });

  test('deletes entries, on their own or with a batch, and keeps what is left of others', async () => {
    const entries = [1, 2, 3].map(() => ({ id: v7(), events: [outgoing('order.created'), outgoing('order.completed')] }));
    for (const outbox of entries) await (await store.begin([], [])).commit({ ...nothing, outbox });
    const [first, second, third] = entries.map(({ id }) => id);
    await (await store.begin([], [])).commit({ ...nothing, published: [first ?? ''] });
    const left = { id: second ?? '', events: entries[1]?.events.slice(1) ?? [] };
    await store.updateOutbox({ deleted: [third ?? ''], updated: [left], postponed: [] });
    expect(await store.takeUnpublished(0, 10)).toEqual([left]);
  });

  test('is left to autovacuum by a store that is told so', async () => {
    const before = await vacuums();
    const leaving = new PgStore(dataSource);
    leaving.leaveToAutovacuum();
    await commitMany(leaving);
    // A vacuum would go before it on the same connection.
    await leaving.takeUnpublished(0, 1);
    expect(await vacuums()).toBe(before);
    await leaving.close();
  });

  test('is vacuumed by its store after many events', async () => {
    expect(await vacuums()).toBe(0);
    await commitMany(store);
    // PostgreSQL counts it when it is done; until then, asked again.
    await eventually(async () => (await vacuums()) > 0);
    expect(await dataSource.query('select count(*)::int as count from outbox')).toEqual([{ count: 10 }]);
  });

  test('refuses a body on several lines before anything is written', async () => {
    const event = { ...outgoing('order.created'), body: '{\n}' };
    const batch = await store.begin([{ step: 'reserve', eventId: v7() }], []);
    await expect(batch.commit({ ...nothing, outbox: { id: v7(), events: [event] } })).rejects.toThrow('on one line');
    await (await store.begin([], [])).commit(nothing);
  });
});

test('the log has every event once, as it was, whatever becomes of its outbox entry', async () => {
  const subject = v4();
  const events = [
    outgoing('order.created', { subject, note: '"\\ ü \n' }),
    outgoing('order.completed', { subject, final: true }),
  ];
  const outbox = { id: v7(), events };
  await (await store.begin([], [])).commit({ ...nothing, outbox });
  await store.updateOutbox({ deleted: [outbox.id], updated: [], postponed: [] });
  const text =
    'select event_id, type, correlation_id, time, final, event as body from event_log where subject = $1 order by position';
  expect(await dataSource.query(text, [subject])).toEqual(
    events.map(({ event: { id, type, time }, body, final }) => {
      const named = { event_id: id, type, correlation_id: subject, time: new Date(time) };
      return { ...named, final, body };
    }),
  );
});

test('what is left of an entry is read from the log, in the order in which it was written', async () => {
  const events = ['order.created', 'order.completed', 'order.cancelled'].map((type) => outgoing(type));
  const id = v7();
  await (await store.begin([], [])).commit({ ...nothing, outbox: { id, events } });
  await store.updateOutbox({ deleted: [], updated: [{ id, events: events.slice(1).toReversed() }], postponed: [] });
  expect(await store.takeUnpublished(0, 10)).toEqual([{ id, events: events.slice(1) }]);
});
