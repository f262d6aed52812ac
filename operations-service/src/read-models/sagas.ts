import { type Fact, type Facts, type OrderStatus, orderFacts, statusOf } from '@quickstep/order-service/domain';
import type { CloudEvent } from '@quickstep/shared/events';
import { bigint, change, integer, json, type RowOf, table, text, textKey, textOrNull, timeOrNull } from '@quickstep/shared/rows';
import { projection } from '../projections/index.js';
import { emittedBy, expectedAfter, sagaEvents } from './expectations.js';

/** A step that has not answered yet. */
export interface Waiting {
  readonly service: string;
  readonly step: string;
  /** The event that it has to answer. */
  readonly event: string;
  readonly type: string;
  readonly since: string;
  readonly answers: readonly string[];
}

/** How far an order's saga has come, as the events of all services tell, and what it is about in money: the orders of a customer are found here, too. */
export const Sagas = table('sagas', {
  orderId: textKey(),
  customerId: text(''),
  state: text<OrderStatus>('PENDING'),
  facts: json<Facts>({}),
  /** Why it is being cancelled, or was. */
  reason: textOrNull(),
  /** Of the event that gave the reason. */
  reasonAt: timeOrNull(),
  startedAt: timeOrNull(),
  lastEvent: text(''),
  lastEventAt: timeOrNull(),
  events: integer(0),
  endedAt: timeOrNull(),
  stuckSince: timeOrNull(),
  /** The steps that have not answered; none once the saga has ended. */
  waiting: json<readonly Waiting[]>([]),
  /** `event step` of answers that came into the archive before what they answer. */
  answered: json<readonly string[]>([]),
  placedAt: timeOrNull(),
  /** Integer minor units. */
  total: bigint(0),
  currency: text(''),
  /** What was charged for it. */
  charged: bigint(0),
  /** What was given back. */
  refunded: bigint(0),
});
export type Saga = RowOf<typeof Sagas>;

const facts: ReadonlySet<string> = new Set(orderFacts);
const isFact = (type: string): type is Fact => facts.has(type);

const endings = new Map(sagaEvents.map(({ type, ending }) => [type, ending]));

const firstOf = (known: string | undefined, time: string) => (known === undefined || time < known ? time : known);

function keepFact(saga: Saga, { type, time }: CloudEvent, data: object): void {
  if (!isFact(type)) return;
  saga.facts = { ...saga.facts, [type]: firstOf(saga.facts[type], time) };
  if (type === 'order.cancellation_requested' && 'requestedBy' in data && data.requestedBy === 'deadline')
    saga.facts = { ...saga.facts, deadline: time };
}

const earlier = (known: Date | null, time: Date) => known === null || time < known;

/** Takes from what is waited for what the event answers, and adds who has to answer it. */
function wait(saga: Saga, event: CloudEvent): void {
  const emitted = emittedBy(event.idempotencykey ?? '');
  let { waiting, answered } = saga;
  if (emitted?.first) {
    const left = waiting.filter((each) => each.event !== event.causationid || each.step !== emitted.step);
    if (left.length < waiting.length) waiting = left;
    else answered = [...answered, `${event.causationid} ${emitted.step}`];
  }
  for (const { service, step, answers } of expectedAfter(event.type)) {
    const key = `${event.id} ${step}`;
    if (answered.includes(key)) answered = answered.filter((each) => each !== key);
    else waiting = [...waiting, { service, step, event: event.id, type: event.type, since: event.time, answers }];
  }
  saga.waiting = waiting;
  saga.answered = answered;
}

/** What the order is about in money; every event that says it says the same. */
function keepMoney(saga: Saga, type: string, data: object): void {
  if ('total' in data && typeof data.total === 'number') saga.total = data.total;
  if ('currency' in data && typeof data.currency === 'string') saga.currency = data.currency;
  if (type === 'payment.completed') saga.charged = saga.total;
  // It is said again of an order that holds no money any more.
  if (type === 'payment.refunded' && 'amount' in data) saga.refunded = Math.max(saga.refunded, Number(data.amount));
}

interface Given {
  readonly time: Date;
  readonly ending: string | undefined;
}

/** The ending says why; until then the first event that gives a reason. */
function giveReason(saga: Saga, reason: string, { time, ending }: Given): void {
  const isFirst = saga.endedAt === null && earlier(saga.reasonAt, time);
  if (ending === undefined && !isFirst) return;
  saga.reason = reason;
  saga.reasonAt = time;
}

export const sagas = projection({
  name: 'sagas',
  version: 4,
  tables: [
    {
      table: Sagas,
      indices: [
        '(started_at, order_id)',
        '(customer_id, started_at, order_id)',
        // Nearly all are COMPLETED, so that a list of those goes by time. An update costs an entry in each index but the key's.
        "(started_at, order_id) where state = 'CANCELLED'",
        '(started_at, order_id) where ended_at is null',
      ],
    },
  ],
  observes: sagaEvents,
  rows: ({ subject }) => ({ saga: Sagas.fresh(subject) }),
  apply(event: CloudEvent, { saga }, time) {
    saga.events += 1;
    if (earlier(saga.startedAt, time)) saga.startedAt = time;
    if (saga.lastEventAt === null || time >= saga.lastEventAt) {
      saga.lastEventAt = time;
      saga.lastEvent = event.type;
    }
    const data = typeof event.data === 'object' && event.data !== null ? event.data : {};
    if ('customerId' in data && typeof data.customerId === 'string') saga.customerId = data.customerId;
    keepMoney(saga, event.type, data);
    if (event.type === 'order.created') saga.placedAt = time;
    keepFact(saga, event, data);
    if (event.type === 'order.stuck') saga.stuckSince = time;
    const ending = endings.get(event.type);
    if (ending !== undefined) saga.endedAt = time;
    if ('reason' in data && typeof data.reason === 'string') giveReason(saga, data.reason, { time, ending });
    if (ending === 'completed') change(saga, { reason: null, reasonAt: null });
    // The event that ends the saga may come before the one that it follows from.
    saga.state = ending === 'completed' ? 'COMPLETED' : ending === 'cancelled' ? 'CANCELLED' : stateOf(saga);
    if (saga.endedAt === null) return wait(saga, event);
    saga.waiting = [];
    saga.answered = [];
  },
});

function stateOf({ endedAt, state, facts }: Saga): OrderStatus {
  return endedAt === null ? statusOf(facts) : state;
}
