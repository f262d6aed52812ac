import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BYTES_AT_ONCE, cutByBytes } from '../src/db/dead-letter-bytes.js';
import { DeadLetterIndex, type StoredMessage } from '../src/db/dead-letter-index.js';
import { PlanItems } from '../src/db/dead-letter-items.js';
import { type LetterPlace, selectLetters } from '../src/db/dead-letter-queries.js';
import { Outcomes } from '../src/dead-letters/outcomes.js';
import { Run } from '../src/dead-letters/run.js';
import { type LettersDatabase, letter, lettersDatabase, NOTHING_HELD, readableLetter, startedPlan } from './letters.js';

let database: LettersDatabase;
beforeEach(async () => {
  database = await lettersDatabase();
});
afterEach(() => database.close());

/** Of so many millions of bytes each. */
const parked = async (...sizes: readonly number[]) => {
  const letters = sizes.map((size, index) => letter(`${index} `.padEnd(size * 1_000_000, 'x')));
  for (const each of letters) await new DeadLetterIndex(database.dataSource).add([each]);
};

test('what is cut by bytes has as many as fit, in order, and one at least', () => {
  const cut = cutByBytes([1, 7, 8, 1, 20, 3], (millions) => millions * 1_000_000);
  expect(cut).toEqual([[1, 7, 8], [1], [20], [3]]);
  expect(cutByBytes([], () => 1)).toEqual([]);
});

test('a page of what is to be planned has so many bytes at most, and each message is on one', async () => {
  await parked(7, 7, 7, 20, 1, 1);
  const pages: string[][] = [];
  for (let after: LetterPlace | undefined; ; ) {
    const page = await selectLetters(database.dataSource, {}, after, 1_000);
    const last = page.at(-1);
    if (last === undefined) break;
    pages.push(page.map(({ content }) => content.toString('latin1', 0, 1)));
    after = { parkedAt: last.parkedAt.toISOString(), id: last.id };
  }
  expect(pages.flat().sort()).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(pages.find((page) => page.includes('3'))).toEqual(['3']);
  expect(Math.max(...pages.map(({ length }) => length))).toBeLessThan(5);
});

class WatchedIndex extends DeadLetterIndex {
  most = 0;

  override async bodies(ids: readonly string[]): Promise<ReadonlyMap<string, StoredMessage>> {
    const found = await super.bodies(ids);
    const bytes = [...found.values()].reduce((sum, { content }) => sum + content.length, 0);
    this.most = Math.max(this.most, bytes);
    return found;
  }
}

test('a plan that is carried out has so many bytes in memory at most, and sends all of it', async () => {
  const { dataSource } = database;
  const letters = Array.from({ length: 8 }, () => readableLetter(3_900_000));
  const plan = await startedPlan(dataSource, letters);
  const index = new WatchedIndex(dataSource);
  const items = new PlanItems(dataSource);
  const sent: string[] = [];
  const handled = async (_: string, events: readonly string[]) =>
    new Map(events.map((id) => [id, new Map([['notifyCustomer', 'now']])]));
  const ending = await new Run({
    plan,
    index,
    items,
    outcomes: new Outcomes({ index, items, inboxes: { handled } }),
    publish: async ({ options }) => void sent.push(String(options.messageId)),
    stopping: new AbortController().signal,
  }).carryOut(NOTHING_HELD);
  expect(ending).toEqual({ kind: 'done' });
  expect(sent.sort()).toEqual(letters.map(({ messageId }) => messageId).sort());
  expect(index.most).toBeGreaterThan(0);
  expect(index.most).toBeLessThanOrEqual(BYTES_AT_ONCE);
});
