import { emittedBy } from '@quickstep/shared/choreography';
import { choreographies } from '@quickstep/system';
import type { DataSource } from 'typeorm';
import { type JudgeOptions, judge } from '../dead-letters/verdict.js';
import { audit } from './audit.js';
import { createPlan, type NewItem } from './dead-letter-plans.js';
import { type LetterFilter, type LetterPlace, selectLetters } from './dead-letter-queries.js';

/** Of one plan: more are an incident of their own, and are planned by service or group. */
export const LETTERS_AT_MOST = 100_000;
const PAGE = 1_000;

const endings = [
  ...new Set(choreographies.flatMap(emittedBy).flatMap(({ type, ending }) => (ending === undefined ? [] : [type]))),
];

/** Of these orders, those of which the archive holds an event that ends the saga. */
export async function endedOrders(dataSource: DataSource, orders: readonly string[]): Promise<ReadonlySet<string>> {
  const rows: { subject: string }[] = await dataSource.query(
    'select distinct subject from archive where subject = any($1::text[]) and type = any($2::text[])',
    [orders, endings],
  );
  return new Set(rows.map(({ subject }) => subject));
}

/**
 * Freezes a selection of dead letters, the one that failed first before the others, and says of each what would happen to it.
 *
 * @returns how many there are; nothing is written when there are none
 */
export async function planLetters(
  dataSource: DataSource,
  judging: Omit<JudgeOptions, 'ended'>,
  plan: { readonly id: string; readonly who: string; readonly filter: LetterFilter },
): Promise<number> {
  const items: NewItem[] = [];
  const options = { ...judging, ended: (orders: readonly string[]) => endedOrders(dataSource, orders) };
  let after: LetterPlace | undefined;
  while (items.length < LETTERS_AT_MOST) {
    const page = await selectLetters(dataSource, plan.filter, after, PAGE);
    const last = page.at(-1);
    if (last === undefined) break;
    const judged = await judge(page, options);
    items.push(...page.map(({ id }) => ({ id, verdict: 'unknown', detail: undefined, ...judged.get(id) })));
    after = { parkedAt: last.parkedAt.toISOString(), id: last.id };
  }
  if (items.length === 0) return 0;
  await dataSource.transaction(async (manager) => {
    await createPlan(manager, plan, items);
    const details = { filter: plan.filter, messages: items.length };
    await audit(manager, { who: plan.who, what: 'dead-letters.plan', about: plan.id, details, result: 'planned' });
  });
  return items.length;
}
