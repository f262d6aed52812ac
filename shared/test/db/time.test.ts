import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { DatabaseClock, type PgStore } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { Connection } from '../../src/db/connection.js';
import { takeUnpublished } from '../../src/db/kit-statements.js';
import { nothing, outgoing, things, twoStores } from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
let other: PgStore;
twoStores((made) => {
  ({ dataSource, store, other } = made);
});
afterEach(() => void jest.useRealTimers());

const MINUTE = 60_000;

/** Sets the clock of this process, and nothing else, wrong. */
function skew(milliseconds: number): void {
  const real = ['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;
  const timers = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const;
  jest.useFakeTimers({ now: Date.now() + milliseconds, doNotFake: [...real, ...timers] });
}

async function insertDue(...offsets: readonly string[]): Promise<string[]> {
  const ids = offsets.map(() => v7());
  await dataSource.query(
    'insert into things (id, due_at) select id, now() + interval from unnest($1::uuid[], $2::interval[]) as v(id, interval)',
    [ids, offsets],
  );
  return ids;
}

describe.each([
  ['right', 0],
  ['15 minutes ahead', 15 * MINUTE],
  ['an hour behind', -60 * MINUTE],
])('with a process clock that is %s', (_, milliseconds) => {
  test('rows are due when their moment has come for the database, earliest first', async () => {
    skew(milliseconds);
    const [, late, early] = await insertDue('10 minutes', '-1 second', '-1 minute');
    expect(await store.due(things, 'dueAt', 10)).toEqual([early, late]);
    expect(await store.due(things, 'dueAt', 1)).toEqual([early]);
  });

  test('an entry is unpublished when it is old enough for the database', async () => {
    skew(milliseconds);
    const [old, fresh] = [1, 2].map(() => ({ id: v7(), events: [outgoing('order.created')] }));
    if (old === undefined || fresh === undefined) throw new Error('There are two');
    for (const outbox of [old, fresh]) await (await store.begin([], [])).commit({ ...nothing, outbox });
    await dataSource.query("update outbox set created_at = now() - interval '11 seconds' where id = $1", [old.id]);
    expect(await store.takeUnpublished(10_000, 10)).toEqual([old]);
  });

  test('the clock of the pipeline tells the time of the database', async () => {
    skew(milliseconds);
    const clock = new DatabaseClock(dataSource);
    await clock.start();
    const [earlier] = await dataSource.query<{ now: Date }[]>('select clock_timestamp() as now');
    const now = clock.now().getTime();
    const [later] = await dataSource.query<{ now: Date }[]>('select clock_timestamp() as now');
    clock.stop();
    // Right to half a round trip, which on a busy machine may take a while.
    expect(now).toBeGreaterThan((earlier?.now.getTime() ?? 0) - MINUTE);
    expect(now).toBeLessThan((later?.now.getTime() ?? 0) + MINUTE);
  });
});

test('due wants a property that the rows have', async () => {
  await expect(store.due(things, 'nothing', 1)).rejects.toThrow('has no property "nothing"');
});

describe('unpublished entries', () => {
  const entriesOf = async (...notes: string[]) => {
    const entries = notes.map((note) => ({ id: v7(), events: [outgoing('order.created', { note })] }));
    for (const outbox of entries) await (await store.begin([], [])).commit({ ...nothing, outbox });
    return entries;
  };
  const overdue = () => dataSource.query("update outbox set next_attempt_at = now() - interval '1 second'");

  test('are taken by one replica at a time, and again when it has not published them for a while', async () => {
    const entries = await entriesOf('a', 'b', 'c');
    const taken = await Promise.all([store.takeUnpublished(0, 2), other.takeUnpublished(0, 2)]);
    expect(taken.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(entries);
    expect(await other.takeUnpublished(0, 10)).toEqual([]);
    await overdue();
    expect(await other.takeUnpublished(0, 10)).toEqual(entries);
  });

  test('that no queue wants wait longer each time, a minute at most', async () => {
    const [entry] = await entriesOf('a');
    const id = entry?.id ?? '';
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      await store.updateOutbox({ deleted: [], updated: [], postponed: [id] });
      const [row] = await dataSource.query<{ wait: number }[]>(
        'select round(extract(epoch from next_attempt_at - xact_start))::int as wait from outbox, pg_stat_activity where pid = pg_backend_pid()',
      );
      waits.push(row?.wait ?? 0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    await overdue();
    // However young: it has been published before.
    expect(await store.takeUnpublished(MINUTE, 10)).toEqual([entry]);
  });

  test('come in pages of a few megabytes, but at least one', async () => {
    const large = 'x'.repeat(1_500_000);
    const entries = await entriesOf('x'.repeat(5_000_000), large, large, large, 'small');
    const pages: number[] = [];
    for (let page = await store.takeUnpublished(0, 100); page.length > 0; page = await store.takeUnpublished(0, 100))
      pages.push(page.length);
    expect(pages).toEqual([1, 2, 2]);
    expect(entries).toHaveLength(5);
  });

  test('are found by an index', async () => {
    const connection = await Connection.open(dataSource);
    const [, plan] = await connection.send([
      { text: `prepare s as ${takeUnpublished(0, 1).text}` },
      { text: 'explain execute s(0, 1)' },
    ]);
    await connection.close();
    const lines = JSON.stringify(plan?.rows);
    expect(lines).toContain('outbox_by_next_attempt');
    expect(lines).not.toContain('Seq Scan');
  });
});
