import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mayVacuum } from '@quickstep/shared/db';
import { OutboxVacuum } from '../../src/db/outbox-vacuum.js';
import { dataSourceOf, migratedDatabase } from './fixture.js';

const WORTH_IT = 10_000;

describe('the outbox is vacuumed', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** A vacuum that takes this long, in milliseconds, each time that it is asked for. */
  function vacuum(takes: number, fails = false) {
    const sent: string[] = [];
    const made = new OutboxVacuum((statements) => {
      sent.push(...statements.map(({ text }) => text));
      return new Promise((resolve, reject) => setTimeout(() => (fails ? reject(new Error('no')) : resolve(undefined)), takes));
    });
    return { sent, made };
  }

  test('when so many events were written that it is worth it, however many at a time', () => {
    const { sent, made } = vacuum(10);
    made.written(WORTH_IT - 1);
    expect(sent).toEqual([]);
    made.written(1);
    expect(sent).toEqual(['vacuum (truncate off, skip_locked) outbox']);
  });

  test.each([true, false])(
    'one at a time, and not again until fifty times as long has passed as the last one took; it failed: %s',
    async (fails) => {
      const { sent, made } = vacuum(10, fails);
      made.written(WORTH_IT);
      made.written(WORTH_IT);
      expect(sent).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(10);
      made.written(1);
      expect(sent).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(499);
      made.written(1);
      expect(sent).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(1);
      made.written(1);
      expect(sent).toHaveLength(2);
      // What was written before it began counts no more.
      await jest.advanceTimersByTimeAsync(1_000);
      made.written(WORTH_IT - 1);
      expect(sent).toHaveLength(2);
    },
  );
});

describe('who may vacuum', () => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeAll(async () => {
    database = await migratedDatabase();
  });
  afterAll(() => database.drop());

  test('is the owner, and not everybody', async () => {
    const { dataSource, url } = database;
    expect(await mayVacuum(dataSource)).toBe(true);
    const role = `reader_${randomUUID().slice(0, 8)}`;
    await dataSource.query(`create role ${role} login password 'weak'`);
    const reader = dataSourceOf(Object.assign(new URL(url), { username: role, password: 'weak' }).href);
    await reader.initialize();
    expect(await mayVacuum(reader)).toBe(false);
    await reader.destroy();
    await dataSource.query(`drop role ${role}`);
  });
});
