import { emittedBy } from '@quickstep/shared/choreography';
import { choreographies } from '@quickstep/system';
import type { DataSource } from 'typeorm';
import { type JudgeOptions, judge } from '../dead-letters/verdict.js';
import { audit } from './audit.js';
import { createPlan, type NewItem } from './dead-letter-plans.js';
import { type LetterFilter, type LetterPlace, selectLetters } from './dead-letter-queries.js';

/** Of one plan, about: the rest is planned when these have been dealt with, or by service or group. */
const LETTERS_AT_MOST = 100_000;
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
  atMost = LETTERS_AT_MOST,
): Promise<number> {
  const items: NewItem[] = [];
  const options = { ...judging, ended: (orders: readonly string[]) => endedOrders(dataSource, orders) };
  const pageAfter = (place?: LetterPlace) => selectLetters(dataSource, plan.filter, place, Math.min(PAGE, atMost));
  let page = await pageAfter();
  for (let last = page.at(-1); last !== undefined && items.length < atMost; last = page.at(-1)) {
    const judged = await judge(page, options);
    items.push(...page.map(({ id }) => ({ id, verdict: 'unknown', detail: undefined, ...judged.get(id) })));
    page = await pageAfter({ parkedAt: last.parkedAt.toISOString(), id: last.id });
  }
  const cut = page.length > 0;
  if (items.length === 0) return 0;
  await dataSource.transaction(async (manager) => {
    await createPlan(manager, { ...plan, cut }, items);
    const details = { filter: plan.filter, messages: items.length, cut };
    await audit(manager, { who: plan.who, what: 'dead-letters.plan', about: plan.id, details, result: 'planned' });
  });
  return items.length;
}
