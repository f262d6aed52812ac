import { describe, expect, jest, test } from '@jest/globals';
import { Permanent } from '@quickstep/shared/choreography';
import type { PgStore } from '@quickstep/shared/db';
import { Unavailable } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { claimOf, insert, load, nothing, someoneWaits, stock, things, twoStores } from './fixture.js';

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

/** Ends the other connections to this database, and resolves when they are gone. */
async function killBackends(which = 'true'): Promise<void> {
  await dataSource.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and ${which}`);
}
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
    await insert(store, stock, { sku: 'a', available: 1 });
    const loads = [{ table: stock, keys: ['a'], lock: true }];
    const holder = await other.begin([], loads);
    const waiting = expect(store.begin([claimOf(v7())], loads)).rejects.toThrow(Unavailable);
    await someoneWaits(dataSource);
    await killBackends("wait_event_type = 'Lock'");
    await waiting;
    await holder.rollback();
    expect(await load(store, stock, 'a')).toEqual([{ sku: 'a', available: 1 }]);
  });

  test('outside a batch too', async () => {
    await store.takeUnpublished(0, 1);
    await killBackends();
    await store.takeUnpublished(0, 1).catch((error) => expect(error).toBeInstanceOf(Unavailable));
    expect(await store.takeUnpublished(0, 1)).toEqual([]);
  });
});
