import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Busy, Conflict, type OutboxEntry, OutcomeUnknown, type Store, Unavailable } from '@quickstep/shared/pipeline';
import type { Row } from '@quickstep/shared/rows';
import { v7 } from 'uuid';
import { changeOf, claimOf, nothing, outgoing, stock, things } from './fixture.js';

/** An empty database with the tables `stock` and `things`, and what may happen to the processes that use it. */
export interface StoreWorld {
  /** The store of another process on this database. */
  store(): Promise<Store>;
  /** The time of the database. */
  now(): Promise<Date>;
  /** Everything in the database becomes older. */
  pass(milliseconds: number): Promise<void>;
  /** Resolves when a process waits for a lock. */
  someoneWaits(): Promise<void>;
  /** Lets whoever waits for a lock wait as long as it does at most. */
  patienceEnds(): Promise<void>;
  /** The connection of a store is lost before its next commit reaches the database. */
  loseCommit(store: Store): Promise<void>;
  /** The connection of a store is lost after its next commit, before the answer. */
  loseAnswer(store: Store): Promise<void>;
  /** The process of a store dies. */
  die(store: Store): Promise<void>;
  close(): Promise<void>;
}

/** What every store promises the pipeline: the one on PostgreSQL, and the one of the simulation. */
export function storeCompliance(open: () => Promise<StoreWorld>): void {
  let world: StoreWorld;
  let store: Store;
  let other: Store;
  beforeEach(async () => {
    world = await open();
    store = await world.store();
    other = await world.store();
  });
  afterEach(() => world.close());

  const lockOf = (...keys: string[]) => [{ table: stock, keys, lock: true }];
  const insertion = (...skus: string[]) => ({
    ...nothing,
    inserts: [{ table: stock, rows: skus.map((sku) => ({ sku, available: 1 })) }],
  });
  const insert = async (...skus: string[]) => (await store.begin([], [])).commit(insertion(...skus));
  const load = async (by: Store, ...keys: string[]): Promise<readonly Row[] | undefined> => {
    const batch = await by.begin([], lockOf(...keys));
    await batch.rollback();
    return batch.rows[0];
  };
  const claimed = async (by: Store, ...ids: string[]) => {
    const batch = await by.begin(
      ids.map((id) => claimOf(id)),
      [],
    );
    await batch.rollback();
    return batch.claimed;
  };

  describe('claims', () => {
    test('are made once; a duplicate is told, in the order asked and in whatever case', async () => {
      const [a, b, c] = [v7(), v7(), v7()];
      const first = await store.begin([claimOf(c), claimOf(a)], []);
      expect(first.claimed).toEqual([true, true]);
      await first.commit(nothing);
      const second = await other.begin([claimOf(b), claimOf(c.toUpperCase()), claimOf(a, 'other step'), claimOf(a)], []);
      expect(second.claimed).toEqual([true, false, true, false]);
      await second.rollback();
    });

    test('that were rolled back never happened', async () => {
      const id = v7();
      await (await store.begin([claimOf(id)], [])).rollback();
      expect(await claimed(store, id)).toEqual([true]);
    });

    test('that were withdrawn can be made again, their neighbours cannot', async () => {
      const [a, b] = [v7(), v7()];
      await (await store.begin([claimOf(a), claimOf(b)], [])).commit({ ...nothing, withdrawn: [claimOf(a)] });
      expect(await claimed(other, a, b)).toEqual([true, false]);
    });

    test.each([
      ['commits', false],
      ['rolls back', true],
    ])('wait for another process that is making the same ones, until it %s', async (how, getsThem) => {
      const claims = [claimOf(v7()), claimOf(v7())];
      const first = await store.begin(claims, []);
      const waiting = other.begin(claims.toReversed(), []);
      await world.someoneWaits();
      await (how === 'commits' ? first.commit(nothing) : first.rollback());
      const second = await waiting;
      expect(second.claimed).toEqual([getsThem, getsThem]);
      await second.rollback();
    });
  });

  describe('rows', () => {
    test('come in key order; a key without a row is absent', async () => {
      await insert('b', 'a');
      expect(await load(store, 'b', 'absent', 'a')).toEqual([
        { sku: 'a', available: 1 },
        { sku: 'b', available: 1 },
      ]);
    });

    test('that are only read show what is committed, and wait for no lock', async () => {
      await insert('a');
      const holder = await other.begin([], lockOf('a'));
      const reader = await store.begin([], [{ table: stock, keys: ['a'], lock: false }]);
      expect(reader.rows).toEqual([[{ sku: 'a', available: 1 }]]);
      await reader.commit(nothing);
      await holder.rollback();
    });

    test('that another batch has locked are waited for, and then have their new values', async () => {
      await insert('a');
      const first = await store.begin([], lockOf('a'));
      const waiting = other.begin([], lockOf('a'));
      await world.someoneWaits();
      await first.commit({ ...nothing, updates: [changeOf(stock, [{ sku: 'a', available: 4 }])] });
      const second = await waiting;
      expect(second.rows).toEqual([[{ sku: 'a', available: 4 }]]);
      await second.rollback();
    });

    test('that stay locked make the batch Busy; nothing of it remains', async () => {
      await insert('a');
      const id = v7();
      const holder = await store.begin([], lockOf('a'));
      const waiting = expect(other.begin([claimOf(id)], lockOf('a'))).rejects.toThrow(Busy);
      await world.someoneWaits();
      await world.patienceEnds();
      await waiting;
      await holder.rollback();
      expect(await claimed(other, id)).toEqual([true]);
      expect(await load(other, 'a')).toHaveLength(1);
    });

    test('that are new for two batches are a Conflict for the second, of which nothing remains', async () => {
      const id = v7();
      const first = await store.begin([], lockOf('a'));
      await first.commit(insertion('a'));
      const second = await other.begin([claimOf(id)], []);
      const outbox = { id: v7(), events: [outgoing('order.created')] };
      await expect(second.commit({ ...insertion('b', 'a'), outbox })).rejects.toThrow(Conflict);
      expect(await claimed(other, id)).toEqual([true]);
      expect(await load(other, 'a', 'b')).toEqual([{ sku: 'a', available: 1 }]);
      expect(await other.takeUnpublished(0, 10)).toEqual([]);
    });

    test('that somebody has deleted cannot be updated, and nothing else is', async () => {
      await insert('a');
      const batch = await store.begin([], lockOf('a', 'gone'));
      const rows = [
        { sku: 'a', available: 9 },
        { sku: 'gone', available: 9 },
      ];
      await expect(batch.commit({ ...nothing, updates: [changeOf(stock, rows)] })).rejects.toThrow('somebody deleted it');
      expect(await load(store, 'a')).toEqual([{ sku: 'a', available: 1 }]);
    });
  });

  describe('a transaction', () => {
    test('is one at a time, and ends once', async () => {
      const batch = await store.begin([], []);
      await expect(store.begin([], [])).rejects.toThrow('A batch is open already');
      await batch.rollback();
      await expect(batch.commit(nothing)).rejects.toThrow('has ended already');
      await (await store.begin([], [])).commit(nothing);
    });

    test('whose commit is lost is Unavailable, and nothing of it remains', async () => {
      const id = v7();
      const batch = await store.begin([claimOf(id)], lockOf('a'));
      await world.loseCommit(store);
      await expect(batch.commit(insertion('a'))).rejects.toThrow(Unavailable);
      expect(await claimed(other, id)).toEqual([true]);
      expect(await load(other, 'a')).toEqual([]);
    });

    test('whose answer is lost has an unknown outcome; here its claims and rows tell that it happened', async () => {
      const id = v7();
      const batch = await store.begin([claimOf(id)], lockOf('a'));
      await world.loseAnswer(store);
      await expect(batch.commit(insertion('a'))).rejects.toThrow(OutcomeUnknown);
      expect(await claimed(other, id)).toEqual([false]);
      expect(await load(other, 'a')).toHaveLength(1);
    });

    test('dies with its process: its claims and rows are free', async () => {
      await insert('a');
      const id = v7();
      await store.begin([claimOf(id)], lockOf('a'));
      await world.die(store);
      expect(await claimed(other, id)).toEqual([true]);
      expect(await load(other, 'a')).toHaveLength(1);
    });
  });

  describe('the outbox', () => {
    const LEASE_MS = 5_001;

    const promise = async (count: number): Promise<OutboxEntry[]> => {
      const entries = Array.from({ length: count }, () => ({
        id: v7(),
        events: [outgoing('order.created'), outgoing('order.completed')],
      }));
      for (const outbox of entries) await (await store.begin([], [])).commit({ ...nothing, outbox });
      return entries;
    };
    const idsOf = (entries: readonly OutboxEntry[]) => entries.map(({ id }) => id);

    test('gives out what is old enough, as it was, in the order of writing and a page at a time', async () => {
      const entries = await promise(3);
      expect(await store.takeUnpublished(10_000, 10)).toEqual([]);
      await world.pass(10_001);
      expect(await store.takeUnpublished(10_000, 2)).toEqual(entries.slice(0, 2));
      expect(await other.takeUnpublished(10_000, 2)).toEqual(entries.slice(2));
    });

    test('gives an entry to one process at a time, and again when it has not been published for a while', async () => {
      const entries = await promise(2);
      expect(await store.takeUnpublished(0, 10)).toEqual(entries);
      expect(await other.takeUnpublished(0, 10)).toEqual([]);
      await world.pass(LEASE_MS);
      expect(await other.takeUnpublished(0, 10)).toEqual(entries);
    });

    test('forgets what is confirmed, with a batch or on its own, and keeps what is left of others', async () => {
      const entries = await promise(4);
      const [first = '', second = '', third = ''] = idsOf(entries);
      await (await store.begin([], [])).commit({ ...nothing, published: [first] });
      const left = { id: third, events: entries[2]?.events.slice(1) ?? [] };
      await store.updateOutbox({ deleted: [second], updated: [left], postponed: [] });
      expect(await other.takeUnpublished(0, 10)).toEqual([left, ...entries.slice(3)]);
    });

    test('gives out what no queue wanted after a wait that doubles each time, however young it is', async () => {
      const entries = await promise(1);
      for (const seconds of [1, 2, 4]) {
        await store.updateOutbox({ deleted: [], updated: [], postponed: idsOf(entries) });
        expect(await store.takeUnpublished(60_000, 10)).toEqual([]);
        await world.pass(seconds * 1_000);
        expect(await store.takeUnpublished(60_000, 10)).toEqual(entries);
      }
    });

    test('holds nothing of a batch that was rolled back', async () => {
      await (await store.begin([], [])).rollback();
      expect(await store.takeUnpublished(0, 10)).toEqual([]);
    });
  });

  describe('rows that are due', () => {
    test('are those whose moment has come, earliest first and a page at a time', async () => {
      const now = (await world.now()).getTime();
      const [never, later, late, early] = [v7(), v7(), v7(), v7()];
      const dated: [string, number | undefined][] = [
        [never, undefined],
        [later, 600_000],
        [late, -1_000],
        [early, -60_000],
      ];
      const rows = dated.map(([id, distance]) => ({
        ...things.newRow(id),
        dueAt: distance === undefined ? null : new Date(now + distance),
      }));
      await (await store.begin([], [])).commit({ ...nothing, inserts: [{ table: things, rows }] });
      expect(await other.due(things, 'dueAt', 10)).toEqual([early, late]);
      expect(await other.due(things, 'dueAt', 1)).toEqual([early]);
      await world.pass(600_001);
      expect(await other.due(things, 'dueAt', 10)).toEqual([early, late, later]);
    });

    test('are asked for by a property that they have', async () => {
      await expect(store.due(things, 'nothing', 1)).rejects.toThrow('has no property "nothing"');
    });
  });
}
