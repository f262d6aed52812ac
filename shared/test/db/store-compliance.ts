import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Busy, Conflict, OutcomeUnknown, type Store, Unavailable } from '@quickstep/shared/pipeline';
import type { Row } from '@quickstep/shared/rows';
import { v7 } from 'uuid';
import { changeOf, claimOf, nothing, outgoing, stock } from './fixture.js';
import { outboxCompliance } from './outbox-compliance.js';
import type { StoreWorld } from './store-world.js';

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

  describe('claims that are looked up', () => {
    test('are found once they are committed, in the order asked and in whatever case', async () => {
      const [a, b, c] = [v7(), v7(), v7()];
      expect(await store.handled([claimOf(a)])).toEqual([false]);
      await (await store.begin([claimOf(a), claimOf(b), claimOf(c)], [])).commit({ ...nothing, withdrawn: [claimOf(b)] });
      const asked = [claimOf(c), claimOf(b), claimOf(a.toUpperCase()), claimOf(a, 'other step'), claimOf(a)];
      expect(await other.handled(asked)).toEqual([true, false, true, false, true]);
      expect(await other.handled([claimOf(a), claimOf(c)])).toEqual([true, true]);
    });

    test('do not wait for whoever is making them, and are free to be made', async () => {
      const claims = [claimOf(v7())];
      const batch = await store.begin(claims, []);
      expect(await Promise.all([store.handled(claims), other.handled(claims)])).toEqual([[false], [false]]);
      await batch.rollback();
      expect(await other.handled(claims)).toEqual([false]);
      expect(await claimed(other, ...claims.map(({ eventId }) => eventId))).toEqual([true]);
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

  outboxCompliance(() => ({ world, store, other }));
}
