import { describe, expect, test } from '@jest/globals';
import type { OutboxEntry, Store } from '@quickstep/shared/pipeline';
import { v7 } from 'uuid';
import { nothing, outgoing, things } from './fixture.js';
import type { StoreWorld } from './store-world.js';

interface Stores {
  readonly world: StoreWorld;
  /** Those of two processes. */
  readonly store: Store;
  readonly other: Store;
}

/** What a store promises of its outbox, and of rows whose moment has come. @param stores those of the test that runs */
export function outboxCompliance(stores: () => Stores): void {
  describe('the outbox', () => {
    const LEASE_MS = 5_001;

    const promise = async (count: number): Promise<OutboxEntry[]> => {
      const { store } = stores();
      const entries = Array.from({ length: count }, () => ({
        id: v7(),
        events: [outgoing('order.created'), outgoing('order.completed')],
      }));
      for (const outbox of entries) await (await store.begin([], [])).commit({ ...nothing, outbox });
      return entries;
    };
    const idsOf = (entries: readonly OutboxEntry[]) => entries.map(({ id }) => id);

    test('gives out what is old enough, as it was, in the order of writing and a page at a time', async () => {
      const { world, store, other } = stores();
      const entries = await promise(3);
      expect(await store.takeUnpublished(10_000, 10)).toEqual([]);
      await world.pass(10_001);
      expect(await store.takeUnpublished(10_000, 2)).toEqual(entries.slice(0, 2));
      expect(await other.takeUnpublished(10_000, 2)).toEqual(entries.slice(2));
    });

    test('gives an entry to one process at a time, and again when it has not been published for a while', async () => {
      const { world, store, other } = stores();
      const entries = await promise(2);
      expect(await store.takeUnpublished(0, 10)).toEqual(entries);
      expect(await other.takeUnpublished(0, 10)).toEqual([]);
      await world.pass(LEASE_MS);
      expect(await other.takeUnpublished(0, 10)).toEqual(entries);
    });

    test('forgets what is confirmed, with a batch or on its own, and keeps what is left of others', async () => {
      const { store, other } = stores();
      const entries = await promise(4);
      const [first = '', second = '', third = ''] = idsOf(entries);
      await (await store.begin([], [])).commit({ ...nothing, published: [first] });
      const left = { id: third, events: entries[2]?.events.slice(1) ?? [] };
      await store.updateOutbox({ deleted: [second], updated: [left], postponed: [] });
      expect(await other.takeUnpublished(0, 10)).toEqual([left, ...entries.slice(3)]);
    });

    test('gives out what no queue wanted after a wait that doubles each time, however young it is', async () => {
      const { world, store } = stores();
      const entries = await promise(1);
      for (const seconds of [1, 2, 4]) {
        await store.updateOutbox({ deleted: [], updated: [], postponed: idsOf(entries) });
        expect(await store.takeUnpublished(60_000, 10)).toEqual([]);
        await world.pass(seconds * 1_000);
        expect(await store.takeUnpublished(60_000, 10)).toEqual(entries);
      }
    });

    test('holds nothing of a batch that was rolled back', async () => {
      const { store } = stores();
      await (await store.begin([], [])).rollback();
      expect(await store.takeUnpublished(0, 10)).toEqual([]);
    });
  });

  describe('rows that are due', () => {
    test('are those whose moment has come, earliest first and a page at a time', async () => {
      const { world, store, other } = stores();
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
      expect(await other.due(things, 'dueAt', 1, [early, never])).toEqual([late]);
      await world.pass(600_001);
      expect(await other.due(things, 'dueAt', 10)).toEqual([early, late, later]);
    });

    test('are asked for by a property that they have', async () => {
      const { store } = stores();
      await expect(store.due(things, 'nothing', 1)).rejects.toThrow('has no property "nothing"');
    });
  });
}
