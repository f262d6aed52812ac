import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { v7 } from 'uuid';
import { DeadLetterIndex } from '../src/db/dead-letter-index.js';
import { PlanItems } from '../src/db/dead-letter-items.js';
import { planLetters } from '../src/db/dead-letter-planning.js';
import { countPlans, createPlan, endPlan, findPlan, isHeld, startPlan } from '../src/db/dead-letter-plans.js';
import { type LettersDatabase, letter, lettersDatabase } from './letters.js';

let database: LettersDatabase;
beforeEach(async () => {
  database = await lettersDatabase();
});
afterEach(() => database.close());

test('what a plan that stopped may not have sent waits for an operator again, and what it sent does not', async () => {
  const { dataSource } = database;
  const letters = ['sent', 'in doubt', 'untouched'].map((text) => letter(text));
  await new DeadLetterIndex(dataSource).add(letters);
  const id = v7();
  const items = letters.map((each) => ({ id: each.id, verdict: 'would-be-processed', detail: undefined }));
  await createPlan(dataSource.manager, { id, who: 'ada', filter: {} }, items);
  const orders = { rate: 1, tolerate: 0, patience: 1, reason: undefined, who: 'ada' };
  await startPlan(dataSource.manager, id, { action: 'redrive', verdicts: ['would-be-processed'], ...orders });
  const record = new PlanItems(dataSource);
  await record.sending(id, [0, 1]);
  await record.sent(id, [0]);
  const plan = await findPlan(dataSource.manager, id);
  if (plan === undefined) throw new Error('There is no plan');
  await endPlan(dataSource, plan, 'the broker did not take all of it');
  const states: { text: string; state: string }[] = await dataSource.query(
    "select convert_from(body, 'UTF8') as text, state from dead_letters order by text",
  );
  expect(Object.fromEntries(states.map(({ text, state }) => [text, state]))).toEqual({
    sent: 'redriven',
    'in doubt': 'parked',
    untouched: 'parked',
  });
});

const judging = {
  inboxes: { handled: async () => new Map(), retentionDays: () => undefined },
  cause: async () => undefined,
  inboxDays: 30,
};

test('a plan says when more was meant than it holds', async () => {
  const { dataSource } = database;
  await new DeadLetterIndex(dataSource).add(['one', 'two', 'three'].map((text) => letter(text)));
  const [some, all] = [v7(), v7()];
  expect(await planLetters(dataSource, judging, { id: some, who: 'ada', filter: {} }, 2)).toBe(2);
  expect(await planLetters(dataSource, judging, { id: all, who: 'ada', filter: {} }, 3)).toBe(3);
  expect((await findPlan(dataSource.manager, some))?.cut).toBe(true);
  expect((await findPlan(dataSource.manager, all))?.cut).toBe(false);
  const empty = v7();
  await createPlan(dataSource.manager, { id: empty, who: 'ada', filter: {} }, []);
  expect(await countPlans(dataSource.manager, [empty, all, some])).toEqual(
    new Map([
      [empty, { total: 0, verdicts: {}, states: {} }],
      [all, { total: 3, verdicts: { refused: 3 }, states: { waiting: 3 } }],
      [some, { total: 2, verdicts: { refused: 2 }, states: { waiting: 2 } }],
    ]),
  );
});

test('what two plans have waits for an operator again when neither is carried out any more', async () => {
  const { dataSource } = database;
  const one = letter('one');
  await new DeadLetterIndex(dataSource).add([one]);
  const plans = [v7(), v7()];
  const orders = {
    action: 'redrive',
    verdicts: ['unknown'],
    rate: 1,
    tolerate: 0,
    patience: 1,
    reason: undefined,
    who: 'ada',
  } as const;
  for (const id of plans) {
    await createPlan(dataSource.manager, { id, who: 'ada', filter: {} }, [{ id: one.id, verdict: 'unknown', detail: undefined }]);
    await startPlan(dataSource.manager, id, orders);
  }
  const seen: unknown[] = [];
  for (const id of plans) {
    const plan = await findPlan(dataSource.manager, id);
    if (plan !== undefined) await endPlan(dataSource, plan, 'ada stopped it');
    const [row]: { state: string }[] = await dataSource.query('select state from dead_letters');
    seen.push([row?.state, await isHeld(dataSource.manager, one.id)]);
  }
  expect(seen).toEqual([
    ['planned', true],
    ['parked', false],
  ]);
});
