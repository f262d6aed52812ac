import type { Retention } from '@quickstep/shared/db';

/** Everything in which whoever wrote the message may have put personal data. That it was edited can still be seen. */
const EMPTY = `body = '', headers = '{}', edited = case when edited is null then null else ''::bytea end, emptied_at = now()`;
/** As the partial index has it. */
const HELD = "emptied_at is null and state in ('redriven', 'discarded', 'gone')";
const KNOWN = `exists (select from dead_letter_plan_items as item
  where item.dead_letter_id = dead_letters.id and item.state in ('processed', 'returned'))`;
const EMPTIED = `exists (select from dead_letters
  where dead_letters.id = case what when 'dead-letters.edit' then about::uuid end and emptied_at is not null)`;

/**
 * Empties the bodies of dead letters that have been dealt with. What waits for an operator is never touched. What somebody else took out
 * of its queue, and what was sent again without anybody knowing what became of it, keeps its body until it could not be sent again anyway.
 *
 * @param days since it was dealt with; 0 keeps the bodies
 * @param inboxDays how long a message can be sent again
 */
export function deadLetterRetention(days: number, inboxDays: number): Retention[] {
  const later = days === 0 ? 0 : Math.max(days, inboxDays);
  const letters = { table: 'dead_letters', column: 'changed_at', empty: EMPTY };
  return [
    { ...letters, days, where: `${HELD} and (state = 'discarded' or state = 'redriven' and ${KNOWN})` },
    { ...letters, days: later, where: HELD },
    // The names of fields that were changed come from the body, too.
    {
      table: 'audit',
      column: 'at',
      days,
      where: `what = 'dead-letters.edit' and details ? 'fields' and ${EMPTIED}`,
      empty: "details = details - 'fields' || jsonb_build_object('emptiedAt', now())",
    },
  ];
}
