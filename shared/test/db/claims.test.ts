import { describe, expect, test } from '@jest/globals';
import type { PgStore } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { claimOf, nothing, someoneWaits, twoStores } from './fixture.js';

let dataSource: DataSource;
let store: PgStore;
let other: PgStore;
twoStores((made) => {
  ({ dataSource, store, other } = made);
});

describe('claims', () => {
  test('are made once; a duplicate is told, in the order asked', async () => {
    const [a, b, c] = [v7(), v7(), v7()];
    const first = await store.begin([claimOf(c), claimOf(a)], []);
    expect(first.claimed).toEqual([true, true]);
    await first.commit(nothing);
    const claims = [claimOf(b), claimOf(c.toUpperCase()), claimOf(a, 'other step'), claimOf(a)];
    const second = await store.begin(claims, []);
    expect(second.claimed).toEqual([true, false, true, false]);
    await second.rollback();
  });

  test('a rolled-back claim never happened', async () => {
    const id = v7();
    await (await store.begin([claimOf(id)], [])).rollback();
    const again = await store.begin([claimOf(id)], []);
    expect(again.claimed).toEqual([true]);
    await again.commit(nothing);
  });

  test('a withdrawn claim can be made again, its neighbours cannot', async () => {
    const [a, b] = [v7(), v7()];
    const batch = await store.begin([claimOf(a), claimOf(b)], []);
    await batch.commit({ ...nothing, withdrawn: [claimOf(a)] });
    const again = await store.begin([claimOf(a), claimOf(b)], []);
    expect(again.claimed).toEqual([true, false]);
    await again.rollback();
  });

  test.each([
    ['commits', false],
    ['rolls back', true],
  ])('two stores race for claims in opposite order: the second waits until the first %s', async (how, secondGetsThem) => {
    const claims = [claimOf(v7()), claimOf(v7())];
    const first = await store.begin(claims, []);
    const waiting = other.begin(claims.toReversed(), []);
    await someoneWaits(dataSource);
    await (how === 'commits' ? first.commit(nothing) : first.rollback());
    const second = await waiting;
    expect(second.claimed).toEqual([secondGetsThem, secondGetsThem]);
    await second.rollback();
  });
});
