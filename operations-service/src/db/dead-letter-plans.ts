import type { DataSource, EntityManager } from 'typeorm';
import { audit } from './audit.js';
import type { LetterFilter } from './dead-letter-queries.js';

type Queries = Pick<EntityManager, 'query'>;

export type PlanState = 'ready' | 'running' | 'stopped' | 'done';
export type PlanAction = 'redrive' | 'discard';
export type ItemState = 'waiting' | 'skipped' | 'sending' | 'sent' | 'processed' | 'returned' | 'discarded';

export interface PlanRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly filter: LetterFilter;
  /** More were meant than a plan holds. */
  readonly cut: boolean;
  readonly state: PlanState;
  readonly action: PlanAction | null;
  readonly verdicts: readonly string[];
  readonly reason: string | null;
  readonly rate: number;
  readonly tolerate: number;
  readonly patience: number;
  readonly actedBy: string | null;
  readonly startedAt: Date | null;
  readonly stopAskedBy: string | null;
  readonly stoppedBecause: string | null;
  readonly finishedAt: Date | null;
}

export interface PlanCounts {
  readonly verdicts: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, number>>;
  readonly total: number;
}

export interface PlanItemRow {
  readonly position: number;
  readonly deadLetterId: string;
  readonly service: string;
  readonly step: string | null;
  readonly type: string;
  readonly subject: string | null;
  readonly eventId: string | null;
  readonly verdict: string;
  readonly detail: string | null;
  readonly state: ItemState;
  readonly timesSent: number;
  readonly sentAt: Date | null;
  readonly decidedAt: Date | null;
}

const PLAN = `id, created_at as "createdAt", created_by as "createdBy", filter, cut, state, action, verdicts, reason, rate, tolerate, patience,
  acted_by as "actedBy", started_at as "startedAt", stop_asked_by as "stopAskedBy", stopped_because as "stoppedBecause",
  finished_at as "finishedAt"`;

export interface NewItem {
  readonly id: string;
  readonly verdict: string;
  readonly detail: string | undefined;
}

/** Writes down a selection that is frozen from now on. */
export async function createPlan(
  queries: Queries,
  plan: { readonly id: string; readonly who: string; readonly filter: LetterFilter; readonly cut?: boolean },
  items: readonly NewItem[],
): Promise<void> {
  await queries.query('insert into dead_letter_plans (id, created_by, filter, cut) values ($1, $2, $3, $4)', [
    plan.id,
    plan.who,
    JSON.stringify(plan.filter),
    plan.cut ?? false,
  ]);
  await queries.query(
    `insert into dead_letter_plan_items (plan_id, position, dead_letter_id, verdict, detail)
    select $1, position - 1, id, verdict, detail
    from unnest($2::uuid[], $3::text[], $4::text[]) with ordinality as given(id, verdict, detail, position)`,
    [plan.id, items.map(({ id }) => id), items.map(({ verdict }) => verdict), items.map(({ detail }) => detail ?? null)],
  );
}

export async function findPlan(queries: Queries, id: string, lock = false): Promise<PlanRow | undefined> {
  const rows: PlanRow[] = await queries.query(`select ${PLAN} from dead_letter_plans where id = $1 ${lock ? 'for update' : ''}`, [
    id,
  ]);
  return rows[0];
}

/** The latest first. */
export function listPlans(queries: Queries, limit: number): Promise<PlanRow[]> {
  return queries.query(`select ${PLAN} from dead_letter_plans order by created_at desc, id limit $1`, [limit]);
}

/** Of each of these plans. */
export async function countPlans(queries: Queries, ids: readonly string[]): Promise<ReadonlyMap<string, PlanCounts>> {
  const rows: CountRow[] = await queries.query(
    `select plan_id as plan, verdict, state, count(*)::int as count from dead_letter_plan_items where plan_id = any($1::uuid[])
    group by plan_id, verdict, state`,
    [ids],
  );
  const byPlan = Map.groupBy(rows, ({ plan }) => plan);
  return new Map(ids.map((id) => [id, countsIn(byPlan.get(id) ?? [])]));
}

export async function countPlan(queries: Queries, id: string): Promise<PlanCounts> {
  return (await countPlans(queries, [id])).get(id) ?? countsIn([]);
}

interface CountRow {
  readonly plan: string;
  readonly verdict: string;
  readonly state: string;
  readonly count: number;
}

function countsIn(rows: readonly CountRow[]): PlanCounts {
  const sum = (key: 'verdict' | 'state') => {
    const counts: Record<string, number> = {};
    for (const row of rows) counts[row[key]] = (counts[row[key]] ?? 0) + row.count;
    return counts;
  };
  return { verdicts: sum('verdict'), states: sum('state'), total: rows.reduce((total, { count }) => total + count, 0) };
}

export function listItems(
  queries: Queries,
  id: string,
  { verdict, state, after, limit }: { verdict?: string; state?: string; after: number; limit: number },
): Promise<PlanItemRow[]> {
  return queries.query(
    `select position, dead_letter_id as "deadLetterId", service, step, type, subject, event_id as "eventId", verdict, detail,
      item.state, times_sent as "timesSent", sent_at as "sentAt", decided_at as "decidedAt"
    from dead_letter_plan_items as item join dead_letters as letter on letter.id = dead_letter_id
    where plan_id = $1 and ($2::text is null or verdict = $2) and ($3::text is null or item.state = $3) and position > $4
    order by position limit $5`,
    [id, verdict ?? null, state ?? null, after, limit],
  );
}

export interface Orders {
  readonly action: PlanAction;
  readonly verdicts: readonly string[];
  readonly reason: string | undefined;
  /** Messages a second. */
  readonly rate: number;
  /** How many may come back before it stops. */
  readonly tolerate: number;
  /** Seconds to wait for what becomes of a message. */
  readonly patience: number;
  readonly who: string;
}

/** Lets a plan be acted upon, or go on where it stopped; items of other verdicts are left out. */
export async function startPlan(queries: Queries, id: string, orders: Orders): Promise<void> {
  const { action, verdicts, reason, rate, tolerate, patience, who } = orders;
  await queries.query(
    `update dead_letter_plans set state = 'running', action = $2, verdicts = $3, reason = $4, rate = $5, tolerate = $6, patience = $7,
      acted_by = $8, started_at = now(), stop_asked_by = null, stopped_because = null, finished_at = null where id = $1`,
    [id, action, verdicts, reason ?? null, rate, tolerate, patience, who],
  );
  await queries.query(
    `update dead_letter_plan_items set state = case when verdict = any($2::text[]) then 'waiting' else 'skipped' end
    where plan_id = $1 and state in ('waiting', 'skipped')`,
    [id, verdicts],
  );
  await queries.query(
    `update dead_letters set state = 'planned', changed_at = now() where state = 'parked'
      and id in (select dead_letter_id from dead_letter_plan_items where plan_id = $1 and state = 'waiting')`,
    [id],
  );
}

/** Of a plan that runs: it is to be sent, or may have been. */
const HELD = "plan.state = 'running' and item.state in ('waiting', 'sending')";

/** Whether a plan that is being carried out has a message; until the transaction ends none is begun, or ended, that has it. */
export async function isHeld(queries: Queries, letter: string): Promise<boolean> {
  await queries.query(
    `select from dead_letter_plans where id in (select plan_id from dead_letter_plan_items where dead_letter_id = $1) order by id for share`,
    [letter],
  );
  const held: unknown[] = await queries.query(
    `select from dead_letter_plan_items as item join dead_letter_plans as plan on plan.id = plan_id
    where dead_letter_id = $1 and ${HELD} limit 1`,
    [letter],
  );
  return held.length > 0;
}

/**
 * Ends what is done with a plan for now: what was not touched, or may not have been sent, waits for an operator again, unless another plan
 * that runs has it.
 */
export async function endPlan(dataSource: DataSource, plan: PlanRow, stoppedBecause: string | undefined): Promise<void> {
  await dataSource.transaction(async (manager) => {
    await manager.query(
      `update dead_letter_plans set state = $2, stopped_because = $3, finished_at = now(), stop_asked_by = null where id = $1`,
      [plan.id, stoppedBecause === undefined ? 'done' : 'stopped', stoppedBecause ?? null],
    );
    await manager.query(
      `update dead_letters set state = 'parked', changed_at = now() where state = 'planned'
        and id in (select dead_letter_id from dead_letter_plan_items where plan_id = $1 and state in ('waiting', 'skipped', 'sending'))
        and not exists (select from dead_letter_plan_items as item join dead_letter_plans as plan on plan.id = plan_id
          where dead_letter_id = dead_letters.id and ${HELD})`,
      [plan.id],
    );
    const { states } = await countPlan(manager, plan.id);
    await audit(manager, {
      who: plan.actedBy ?? plan.createdBy,
      what: `dead-letters.${plan.action}.end`,
      about: plan.id,
      why: plan.reason ?? undefined,
      details: { ...states },
      result: stoppedBecause === undefined ? 'done' : `stopped: ${stoppedBecause}`,
    });
  });
}
