import {
  decodeCursor,
  notFound,
  pageOf,
  pageQuery,
  pageSchema,
  problem,
  problems,
  queryChecker,
  type ReadContext,
  type Route,
} from '@quickstep/shared/http';
import { newId } from '@quickstep/shared/service';
import { Type } from '@sinclair/typebox';
import type { DataSource, EntityManager } from 'typeorm';
import { type Access, type Caller, guarded } from '../access/index.js';
import { audit } from '../db/audit.js';
import { planLetters } from '../db/dead-letter-planning.js';
import {
  countPlan,
  countPlans,
  findPlan,
  listItems,
  listPlans,
  type PlanAction,
  type PlanCounts,
  type PlanRow,
  startPlan,
} from '../db/dead-letter-plans.js';
import type { JudgeOptions, Verdict } from '../dead-letters/verdict.js';
import { bodyChecker } from './body.js';
import { filterOf, idOf } from './dead-letter-routes.js';
import * as schemas from './dead-letter-schemas.js';

/** What is sent again, and what is thrown away, unless somebody says otherwise. */
const REDRIVEN: readonly Verdict[] = ['would-be-processed', 'already-processed', 'order-ended'];

const itemQuery = Type.Object(
  {
    verdict: Type.Optional(schemas.PlanItem.properties.verdict),
    state: Type.Optional(schemas.PlanItem.properties.state),
    ...pageQuery,
  },
  { additionalProperties: false },
);
const checkItems = queryChecker(itemQuery);
const checkNew = bodyChecker(schemas.newPlan);
const checkRedrive = bodyChecker(schemas.redriveOrders);
const checkDiscard = bodyChecker(schemas.discardOrders);
const POSITION = /^\d{1,9}$/;
const params = Type.Object({ id: Type.String({ maxLength: 36, description: 'Id of the plan' }) });
const missing = { status: problems.not_found.status, code: 'not_found', when: problems.not_found.title };
const running = { status: problems.conflict.status, code: 'conflict', when: 'It runs, or has been carried out' };

function view({ verdicts: chosen, stopAskedBy: _by, ...plan }: PlanRow, counts: PlanCounts | undefined) {
  return { ...plan, chosen, ...counts };
}

async function planView(queries: DataSource | EntityManager, plan: PlanRow) {
  return view(plan, await countPlan(queries, plan.id));
}

/** @throws Problem `not_found` */
async function known(queries: DataSource | EntityManager, id: string, lock = false): Promise<PlanRow> {
  const plan = await findPlan(queries, id, lock);
  if (plan === undefined) throw notFound('such plan');
  return plan;
}

interface Given {
  readonly verdicts?: readonly Verdict[];
  readonly reason?: string;
  readonly rate?: number;
  readonly tolerate?: number;
  readonly patience?: number;
}

function begin(dataSource: DataSource, id: string, action: PlanAction, caller: Caller, given: Given) {
  const { verdicts: chosen, reason, rate = 0, tolerate = 0, patience = 0 } = given;
  return dataSource.transaction(async (manager) => {
    const plan = await known(manager, id, true);
    if (plan.state === 'running' || plan.state === 'done')
      throw problem('conflict', plan.state === 'running' ? 'It is being carried out' : 'It has been carried out: make another');
    if (plan.action !== null && plan.action !== action)
      throw problem('conflict', `It was begun as a ${plan.action}: make another`);
    const { verdicts } = await countPlan(manager, id);
    const all = Object.keys(verdicts);
    const orders = { action, verdicts: chosen ?? (action === 'redrive' ? REDRIVEN : all), reason, rate, tolerate, patience };
    await startPlan(manager, id, { ...orders, who: caller.name });
    const details = { verdicts: orders.verdicts, ...(action === 'redrive' ? { rate, tolerate, patience } : {}) };
    await audit(manager, { who: caller.name, what: `dead-letters.${action}`, about: id, why: reason, details, result: 'begun' });
    return planView(manager, await known(manager, id));
  });
}

const readRoutes = (access: Access): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/dead-letters/plans',
    summary: 'Plans, the latest first',
    response: { status: 200, description: 'The last hundred', schema: Type.Object({ items: Type.Array(schemas.Plan) }) },
    async run(call, { dataSource }) {
      const plans = await listPlans(dataSource, 100);
      const ids = plans.map(({ id }) => id);
      const counts = await countPlans(dataSource, ids);
      call.json(200, { items: plans.map((plan) => view(plan, counts.get(plan.id))) });
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/dead-letters/plans/{id}',
    summary: 'A plan, and how far it has come',
    params,
    response: { status: 200, description: 'The plan', schema: schemas.Plan },
    problems: [missing],
    async run(call, { dataSource }) {
      call.json(200, await planView(dataSource, await known(dataSource, idOf(call))));
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/dead-letters/plans/{id}/items',
    summary: 'The messages of a plan in the order in which they are tried: what would happen to each, and what has become of it',
    params,
    query: itemQuery,
    response: { status: 200, description: 'A page of them', schema: pageSchema(schemas.PlanItem) },
    problems: [missing],
    async run(call, { dataSource }) {
      const { limit, cursor, ...which } = checkItems(call.request);
      const plan = await known(dataSource, idOf(call));
      const after = Number(decodeCursor(cursor, POSITION) ?? -1);
      const items = await listItems(dataSource, plan.id, { ...which, after, limit: limit + 1 });
      call.json(
        200,
        pageOf(items, limit, ({ position }) => String(position)),
      );
    },
  }),
];

/** @param judging undefined for documents: the routes of no running service */
export const planRoutes = (access: Access, judging?: Omit<JudgeOptions, 'ended'>): Route<ReadContext>[] => [
  ...readRoutes(access),
  guarded(access, 'operator', {
    method: 'post',
    path: '/dead-letters/plans',
    summary: 'Freezes a selection of dead letters, and says of each what would happen if it were sent again',
    body: schemas.newPlan,
    response: { status: 201, description: 'The plan; nothing has been done yet', schema: schemas.Plan },
    problems: [missing],
    async run(call, { dataSource }, caller) {
      if (judging === undefined) throw problem('unavailable', 'The service does not run');
      const plan = { id: newId(), who: caller.name, filter: filterOf(checkNew(call)) };
      if ((await planLetters(dataSource, judging, plan)) === 0) throw notFound('dead letter that is meant by this');
      call.json(201, await planView(dataSource, await known(dataSource, plan.id)));
    },
  }),
  guarded(access, 'operator', {
    method: 'post',
    path: '/dead-letters/plans/{id}/redrive',
    summary: 'Sends the messages of a plan to their service again: one, then ten, then the rest; goes on where it stopped',
    params,
    body: schemas.redriveOrders,
    response: { status: 202, description: 'It has begun', schema: schemas.Plan },
    problems: [missing, running],
    run: async (call, { dataSource }, caller) =>
      call.json(202, await begin(dataSource, idOf(call), 'redrive', caller, checkRedrive(call))),
  }),
  guarded(access, 'operator', {
    method: 'post',
    path: '/dead-letters/plans/{id}/discard',
    summary: 'Takes the messages of a plan out of their queue for good; the index keeps them',
    params,
    body: schemas.discardOrders,
    response: { status: 202, description: 'It has begun', schema: schemas.Plan },
    problems: [missing, running],
    run: async (call, { dataSource }, caller) =>
      call.json(202, await begin(dataSource, idOf(call), 'discard', caller, checkDiscard(call))),
  }),
  guarded(access, 'operator', {
    method: 'post',
    path: '/dead-letters/plans/{id}/stop',
    summary: 'Stops what is being done with a plan, after the messages that are under way',
    params,
    body: Type.Object({}, { additionalProperties: false }),
    response: { status: 202, description: 'It stops', schema: schemas.Plan },
    problems: [missing, running],
    async run(call, { dataSource }, caller) {
      const stopping = await dataSource.transaction(async (manager) => {
        const plan = await known(manager, idOf(call), true);
        if (plan.state !== 'running') throw problem('conflict', 'It does not run');
        await manager.query('update dead_letter_plans set stop_asked_by = $2 where id = $1', [plan.id, caller.name]);
        await audit(manager, { who: caller.name, what: 'dead-letters.stop', about: plan.id, result: 'asked' });
        return planView(manager, plan);
      });
      call.json(202, stopping);
    },
  }),
];
