import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PgStore } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { audit } from '../src/db/audit.js';
import { DeadLetterIndex, type LetterState } from '../src/db/dead-letter-index.js';
import { createPlan } from '../src/db/dead-letter-plans.js';
import { editLetter } from '../src/db/dead-letter-queries.js';
import { deadLetterRetention } from '../src/db/dead-letter-retention.js';
import type { Letter } from '../src/dead-letters/letter.js';
import { type LettersDatabase, letter, lettersDatabase } from './letters.js';

let database: LettersDatabase;
let dataSource: DataSource;
let store: PgStore;
let index: DeadLetterIndex;
beforeEach(async () => {
  database = await lettersDatabase();
  ({ dataSource } = database);
  store = new PgStore(dataSource);
  index = new DeadLetterIndex(dataSource);
});
afterEach(async () => {
  await store.close();
  await database.close();
});

/** @param fate what became of it after it was sent again */
async function letterDaysAgo(days: number, state: LetterState, fate?: 'processed' | 'returned' | 'sent'): Promise<Letter> {
  const text = `${state} ${fate ?? ''} ${days}`;
  const made = letter(text, { 'x-told-by': text });
  await index.add([made]);
  if (fate !== undefined) {
    const plan = v7();
    await createPlan(dataSource.manager, { id: plan, who: 'ada', filter: {} }, [
      { id: made.id, verdict: 'would-be-processed', detail: undefined },
    ]);
    await dataSource.query('update dead_letter_plan_items set state = $2 where plan_id = $1', [plan, fate]);
  }
  await dataSource.query("update dead_letters set state = $2, changed_at = now() - $3 * interval '1 day' where id = $1", [
    made.id,
    state,
    days,
  ]);
  return made;
}

/** Applies the rules as housekeeping does. @returns how many rows were emptied, of each table */
async function housekeep(days: number, inboxDays = 30): Promise<Record<string, number>> {
  const emptied: Record<string, number> = {};
  for (const rule of deadLetterRetention(days, inboxDays).filter((each) => each.days > 0))
    emptied[rule.table] = (emptied[rule.table] ?? 0) + (await store.deleteOld(rule, 5_000));
  return emptied;
}

async function bodies(): Promise<readonly string[]> {
  const rows: { text: string }[] = await dataSource.query(
    "select convert_from(body, 'UTF8') as text from dead_letters where body <> '' order by text",
  );
  return rows.map(({ text }) => text);
}

test('bodies of what was dealt with are emptied after their time, and never those of what waits for an operator', async () => {
  await letterDaysAgo(400, 'parked');
  await letterDaysAgo(400, 'planned');
  await letterDaysAgo(31, 'redriven', 'processed');
  await letterDaysAgo(29, 'redriven', 'processed');
  await letterDaysAgo(31, 'redriven', 'returned');
  await letterDaysAgo(31, 'discarded');
  await letterDaysAgo(29, 'discarded');
  expect(await housekeep(30)).toEqual({ dead_letters: 3, audit: 0 });
  expect(await bodies()).toEqual(['discarded  29', 'parked  400', 'planned  400', 'redriven processed 29']);
  expect(await housekeep(30)).toEqual({ dead_letters: 0, audit: 0 });
});

test('everything else of the row stays', async () => {
  const { id } = await letterDaysAgo(31, 'discarded');
  const rowOf = async () => (await dataSource.query('select * from dead_letters where id = $1', [id]))[0];
  const before = await rowOf();
  await housekeep(30);
  expect(await rowOf()).toEqual({ ...before, body: Buffer.alloc(0), headers: {}, emptied_at: expect.any(Date) });
});

test('what may still be sent again keeps its body for as long, whatever is set', async () => {
  await letterDaysAgo(31, 'gone');
  await letterDaysAgo(31, 'redriven', 'sent');
  await letterDaysAgo(31, 'redriven', 'processed');
  expect(await housekeep(30, 60)).toEqual({ dead_letters: 1, audit: 0 });
  expect(await housekeep(1, 30)).toEqual({ dead_letters: 2, audit: 0 });
});

test('0 days keep all of it', async () => {
  await letterDaysAgo(4_000, 'discarded');
  await letterDaysAgo(4_000, 'gone');
  expect(await housekeep(0)).toEqual({});
  expect(await bodies()).toHaveLength(2);
});

test('what it was changed to is emptied with it, and which fields were changed; who did it when and why stays', async () => {
  const closed = await letterDaysAgo(0, 'discarded');
  const open = await letterDaysAgo(0, 'parked');
  for (const { id } of [closed, open]) {
    await editLetter(dataSource.manager, id, Buffer.from('Ada'), 'grace', { eventId: undefined, subject: undefined });
    await audit(dataSource.manager, {
      who: 'grace',
      what: 'dead-letters.edit',
      about: id,
      why: 'a name',
      details: { fields: ['/data/ada@example.com'] },
      result: 'changed',
    });
  }
  const others = { who: 'grace', what: 'dead-letters.plan', about: closed.id, details: { messages: 1 }, result: 'planned' };
  await audit(dataSource.manager, others);
  await dataSource.query("update dead_letters set changed_at = now() - interval '31 days'");
  await dataSource.query("update audit set at = now() - interval '31 days'");
  expect(await housekeep(30)).toEqual({ dead_letters: 1, audit: 1 });
  const edits: object[] = await dataSource.query(
    "select convert_from(edited, 'UTF8') as edited, edited_by, edited_at is not null as dated from dead_letters order by state",
  );
  expect(edits).toEqual([
    { edited: '', edited_by: 'grace', dated: true },
    { edited: 'Ada', edited_by: 'grace', dated: true },
  ]);
  expect(await dataSource.query('select who, what, about, why, details, result from audit order by id')).toEqual([
    {
      who: 'grace',
      what: 'dead-letters.edit',
      about: closed.id,
      why: 'a name',
      details: { emptiedAt: expect.any(String) },
      result: 'changed',
    },
    expect.objectContaining({ about: open.id, details: { fields: ['/data/ada@example.com'] } }),
    { ...others, why: null },
  ]);
});

test('a message that is met again after its body was deleted waits for an operator with the body that it was parked with', async () => {
  const made = await letterDaysAgo(31, 'gone');
  await housekeep(30);
  expect((await index.bodies([made.id])).get(made.id)).toMatchObject({ bodyGoneSince: expect.any(Date) });
  expect(await index.seen([made])).toEqual(new Map([[made.id, 'parked']]));
  expect((await index.bodies([made.id])).get(made.id)).toMatchObject({ content: made.content, bodyGoneSince: null });
  expect(await dataSource.query('select headers from dead_letters')).toEqual([{ headers: { 'x-told-by': 'gone  31' } }]);
});

test('what is to be emptied is found by an index', async () => {
  for (const { table, column, where } of deadLetterRetention(30, 30).filter((each) => each.table === 'dead_letters')) {
    const found = await dataSource.transaction(async (manager) => {
      await manager.query('set local enable_seqscan = off');
      return manager.query(`explain select ctid from ${table} where ${column} < now() - interval '30 days' and (${where})`);
    });
    expect(JSON.stringify(found)).toContain('dead_letters_to_empty');
  }
});
