import { isFailing, orderStatuses, reasonCodeOf, reasonCodes } from '@quickstep/order-service/domain';
import {
  decodePlace,
  invalid,
  Nullable,
  notFound,
  pageOf,
  pageQuery,
  pageSchema,
  placeKey,
  problems,
  queryChecker,
  type ReadContext,
  type Route,
  Timestamp,
} from '@quickstep/shared/http';
import { type Static, Type } from '@sinclair/typebox';
import { hide } from '../access/hidden.js';
import { type Access, guarded } from '../access/index.js';
import { Archive } from '../archive/index.js';
import type { OrderService } from '../order-service.js';
import type { Projections } from '../projections/index.js';
import { findSaga, listSagas, type Saga, sagas, timelineOf } from '../read-models/index.js';
import { auditReveal, checkMayReveal, mayNotReveal, revealQuery } from './reveal.js';

const Waiting = Type.Object({
  service: Type.String(),
  step: Type.String(),
  event: Type.String({ description: 'Id of the event that the step has to answer' }),
  type: Type.String({ description: 'Its type' }),
  since: Type.String({ format: 'date-time' }),
  answers: Type.Array(Type.String(), { description: 'Types of events by which it may answer' }),
});
const SagaView = Type.Object({
  orderId: Type.String(),
  customerId: Type.String(),
  state: Type.Union(orderStatuses.map((status) => Type.Literal(status))),
  reason: Nullable(Type.String({ description: 'Hidden unless it was asked for, if it is not one of our own' })),
  reasonCode: Nullable(Type.Union(reasonCodes.map((code) => Type.Literal(code)))),
  startedAt: Nullable(Timestamp),
  age: Type.Number({ description: 'Seconds from its first event to its end, or until now' }),
  lastEvent: Type.String(),
  lastEventAt: Nullable(Timestamp),
  events: Type.Integer(),
  endedAt: Nullable(Timestamp),
  stuckSince: Nullable(Timestamp),
  waiting: Type.Array(Waiting, { description: 'Steps that have not answered; one that has nothing to do never will' }),
});
const Fact = Type.Object({
  id: Type.String(),
  type: Type.String(),
  service: Type.String(),
  step: Nullable(Type.String({ description: 'The step that emitted it' })),
  time: Type.String({ format: 'date-time' }),
  sinceStart: Type.Integer({ description: 'Milliseconds since the first event' }),
  cause: Nullable(Type.String({ description: 'Type of the event that it follows from; null: a request or a timer' })),
  sinceCause: Nullable(Type.Integer({ description: 'Milliseconds since that event' })),
  data: Type.Unknown({ description: 'With personal data hidden unless they were asked for' }),
});
const Planned = Type.Object({
  type: Type.String(),
  service: Type.String(),
  step: Type.String(),
  happened: Nullable(Type.String()),
});
const Detail = Type.Object({
  ...SagaView.properties,
  deadlineAt: Nullable(
    Type.String({ format: 'date-time', description: 'As the order service says; null when it has none, or cannot be asked' }),
  ),
  timeline: Type.Array(Fact, { description: 'As it went, oldest first' }),
  plan: Type.Array(Planned, { description: 'As it goes when nothing goes wrong; `happened` is the time of the event' }),
});

const query = Type.Object(
  {
    state: Type.Optional(Type.Union(orderStatuses.map((status) => Type.Literal(status)))),
    stuck: Type.Optional(Type.Boolean({ description: 'Past their deadline, their cancellation asked for, and not ended' })),
    waitingFor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'A service, a step, or a type of event: open sagas that wait for it',
      }),
    ),
    olderThan: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'Seconds: open sagas that began longer ago' }),
    ),
    customerId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    ...pageQuery,
  },
  { additionalProperties: false },
);
const checkQuery = queryChecker(query);
const checkReveal = queryChecker(Type.Object(revealQuery, { additionalProperties: false }));
/** A saga's key is what its events are about. */
const KEY = /^[^\0]{1,512}$/;
const missing = { status: problems.not_found.status, code: 'not_found', when: problems.not_found.title };
const behind = { status: problems.unavailable.status, code: 'unavailable', when: 'What is asked for is being rebuilt' };

function sagaView(saga: Saga, now: Date, reveal = false) {
  const { orderId, customerId, state, reason, startedAt, lastEvent, lastEventAt, events, endedAt, stuckSince } = saga;
  const until = endedAt ?? now;
  const age = startedAt === null ? 0 : Math.max(0, (until.getTime() - startedAt.getTime()) / 1_000);
  const waiting = saga.waiting.map((each) => ({ ...each, answers: [...each.answers] }));
  const shown = reveal ? reason : hide('reason', reason);
  return {
    orderId,
    customerId,
    state,
    reason: shown,
    reasonCode: isFailing(state) ? reasonCodeOf(saga.facts) : null,
    startedAt,
    age,
    lastEvent,
    lastEventAt,
    events,
    endedAt,
    stuckSince,
    waiting,
  };
}

function filterOf({ olderThan, limit, cursor, ...given }: Static<typeof query>, now: Date) {
  const wrong = [given.waitingFor, given.customerId].some((value) => value?.includes('\0'));
  if (wrong) throw invalid([{ pointer: '', detail: 'A parameter has a NUL character in it' }]);
  return {
    ...given,
    begunBefore: olderThan === undefined ? undefined : new Date(now.getTime() - olderThan * 1_000),
    after: decodePlace(cursor, KEY),
    limit: limit + 1,
  };
}

/** What the routes of sagas need of the running service; documents are made without it. */
export interface SagaSources {
  readonly projections: Projections;
  readonly orders: OrderService;
  /** The database's time. */
  now(): Date;
}

export const sagaRoutes = (access: Access, sources: SagaSources | undefined): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/sagas',
    summary: 'Sagas of orders, newest first: how far they have come and what they wait for',
    query,
    response: { status: 200, description: 'A page of sagas', schema: pageSchema(SagaView) },
    problems: [behind],
    async run(call, { dataSource }) {
      const asked = checkQuery(call.request);
      const now = sources?.now() ?? new Date();
      const filter = filterOf(asked, now);
      await sources?.projections.require(sagas);
      const found = await listSagas(dataSource, filter);
      const { items, ...next } = pageOf(found, asked.limit, ({ startedAt, orderId: id }) => placeKey(startedAt, id));
      call.json(200, { items: items.map((saga) => sagaView(saga, now)), ...next });
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/sagas/{orderId}',
    summary: 'One saga as planned and as it went, and what it waits for; personal data are hidden',
    params: Type.Object({ orderId: Type.String({ maxLength: 512 }) }),
    query: Type.Object(revealQuery),
    response: { status: 200, description: 'The saga', schema: Detail },
    problems: [missing, behind, mayNotReveal],
    async run(call, { dataSource }, caller) {
      const { reveal } = checkReveal(call.request);
      checkMayReveal(caller, reveal);
      const orderId = String(call.request.params.orderId).toLowerCase();
      await sources?.projections.require(sagas);
      const saga = KEY.test(orderId) ? await findSaga(dataSource, orderId) : null;
      if (saga === null) throw notFound('saga of this order');
      const [events, deadlineAt] = await Promise.all([
        new Archive(dataSource).about(orderId),
        saga.endedAt === null ? sources?.orders.deadlineOf(orderId) : undefined,
      ]);
      const shown = sagaView(saga, sources?.now() ?? new Date(), reveal);
      const { timeline, plan } = timelineOf(events);
      if (reveal) await auditReveal(dataSource, caller, { what: 'orders.reveal', about: orderId });
      const facts = reveal ? timeline : timeline.map((fact) => ({ ...fact, data: hide('data', fact.data) }));
      call.json(200, { ...shown, deadlineAt: deadlineAt ?? null, timeline: facts, plan });
    },
  }),
];
