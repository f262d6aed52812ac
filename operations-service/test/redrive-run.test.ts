import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DeadLetterIndex } from '../src/db/dead-letter-index.js';
import { PlanItems } from '../src/db/dead-letter-items.js';
import { countPlan, listItems } from '../src/db/dead-letter-plans.js';
import { Outcomes } from '../src/dead-letters/outcomes.js';
import { IN_FLIGHT, Run } from '../src/dead-letters/run.js';
import { type LettersDatabase, lettersDatabase, NOTHING_HELD, readableLetter, startedPlan } from './letters.js';

/** More than are under way at once. */
const MESSAGES = IN_FLIGHT + 100;
const SOME = 20;

let database: LettersDatabase;
beforeEach(async () => {
  database = await lettersDatabase();
});
afterEach(() => database.close());

async function planned(messages = MESSAGES) {
  const { dataSource } = database;
  const plan = await startedPlan(
    dataSource,
    Array.from({ length: messages }, () => readableLetter()),
  );
  return { plan, index: new DeadLetterIndex(dataSource), items: new PlanItems(dataSource) };
}

const handledAll = async (_: string, events: readonly string[]) =>
  new Map(events.map((id) => [id, new Map([['notifyCustomer', 'now']])]));

/** @param handle of the events that were sent and are not handled, how many the service handles before it is asked again */
async function run(handle: (sent: number) => number) {
  const started = await planned();
  const sent: string[] = [];
  const handled = new Set<string>();
  let most = 0;
  let mostAsked = 0;
  const asked = (events: readonly string[]) => {
    mostAsked = Math.max(mostAsked, events.length);
    for (const id of sent.filter((each) => !handled.has(each)).slice(0, handle(sent.length))) handled.add(id);
    return new Map(events.filter((id) => handled.has(id)).map((id) => [id, new Map([['notifyCustomer', 'now']])]));
  };
  const ending = await new Run({
    ...started,
    outcomes: new Outcomes({ ...started, inboxes: { handled: async (_service, events) => asked(events) } }),
    async publish({ options }) {
      sent.push(String(options.messageId));
      most = Math.max(most, sent.length - handled.size);
    },
    stopping: new AbortController().signal,
  }).carryOut(NOTHING_HELD);
  const { states } = await countPlan(database.dataSource.manager, started.plan.id);
  return { ending, states, sent, most, mostAsked };
}

test('no more is sent than a slow service has handled but for a bounded number, and no more is asked about', async () => {
  const { ending, states, sent, most, mostAsked } = await run(() => 50);
  expect(ending).toEqual({ kind: 'done' });
  expect(states).toEqual({ processed: MESSAGES });
  expect(new Set(sent).size).toBe(MESSAGES);
  expect(sent).toHaveLength(MESSAGES);
  expect(most).toBeLessThanOrEqual(IN_FLIGHT);
  expect(mostAsked).toBeLessThanOrEqual(IN_FLIGHT);
});

test('a service that handles nothing any more after the first ones is not sent the rest', async () => {
  const { ending, states } = await run((sent) => (sent <= 11 ? 200 : 0));
  expect(ending).toMatchObject({ kind: 'stopped', because: expect.stringContaining('their service does not run') });
  expect(states.processed).toBe(11);
  expect(states.sent).toBeLessThanOrEqual(IN_FLIGHT);
  expect(states.waiting).toBeGreaterThan(0);
});

test('a plan that stops as the broker does not take a message says why', async () => {
  const started = await planned(SOME);
  const ending = await new Run({
    ...started,
    outcomes: new Outcomes({ ...started, inboxes: { handled: handledAll } }),
    publish: () => Promise.reject(new Error('no queue wants it')),
    stopping: new AbortController().signal,
  }).carryOut(NOTHING_HELD);
  expect(ending).toEqual({ kind: 'stopped', because: 'the broker did not take all of it: no queue wants it' });
});

test('nothing is sent any more once the broker has closed the channel on which the messages are held', async () => {
  const started = await planned(SOME);
  const lost = new AbortController();
  const sent: unknown[] = [];
  const ending = await new Run({
    ...started,
    outcomes: new Outcomes({ ...started, inboxes: { handled: handledAll } }),
    async publish(message) {
      sent.push(message);
      lost.abort();
    },
    stopping: new AbortController().signal,
  }).carryOut({ ...NOTHING_HELD, lost: lost.signal });
  expect(ending).toEqual({ kind: 'interrupted' });
  expect(sent).toHaveLength(1);
});

test('messages are let go before the broker takes them away, and what is left goes on where it was', async () => {
  const started = await planned();
  const sent: unknown[] = [];
  const run = new Run({
    ...started,
    outcomes: new Outcomes({ ...started, inboxes: { handled: handledAll } }),
    publish: async ({ options }) => void sent.push(options.messageId),
    stopping: new AbortController().signal,
  });
  const over = new AbortController();
  over.abort();
  expect(await run.carryOut({ ...NOTHING_HELD, over: over.signal })).toEqual({ kind: 'released' });
  expect(sent).toEqual([]);
  expect(await run.carryOut(NOTHING_HELD)).toEqual({ kind: 'done' });
  expect(new Set(sent).size).toBe(MESSAGES);
  expect(sent).toHaveLength(MESSAGES);
});

const deleteBodies = () => database.dataSource.query("update dead_letters set body = '', emptied_at = now()");

test('what has lost its body since it was planned is not sent, and says so', async () => {
  const started = await planned(SOME);
  await deleteBodies();
  const sent: unknown[] = [];
  const ending = await new Run({
    ...started,
    outcomes: new Outcomes({ ...started, inboxes: { handled: async () => new Map() } }),
    publish: async (message) => void sent.push(message),
    stopping: new AbortController().signal,
  }).carryOut(NOTHING_HELD);
  expect(ending).toEqual({ kind: 'done' });
  expect(sent).toEqual([]);
  const [item] = await listItems(database.dataSource.manager, started.plan.id, { after: -1, limit: 1 });
  expect(item).toMatchObject({ state: 'skipped', detail: expect.stringMatching(/^its body is gone since \d{4}-\d\d-\d\d: /) });
});

test('what was sent and has lost its body since is still known to be processed, by its event', async () => {
  const { plan, index, items } = await planned(SOME);
  const all = await items.itemsInStates(plan.id, ['waiting'], 2);
  const positions = all.map(({ position }) => position);
  await items.sending(plan.id, positions);
  await items.sent(plan.id, positions);
  await deleteBodies();
  const [first]: { event: string }[] = await database.dataSource.query(
    'select event_id as event from dead_letters where id = $1',
    [all[0]?.deadLetterId],
  );
  const handled = async () => new Map([[first?.event ?? '', new Map([['notifyCustomer', 'now']])]]);
  const { open } = await new Outcomes({ index, items, inboxes: { handled } }).decide(plan.id, all);
  expect(open).toEqual(all.slice(1));
});
