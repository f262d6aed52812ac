import { type AnyStep, type Implementation, outcome, Permanent, refused } from '@quickstep/shared/choreography';
import type { Changes, OutgoingEvent, Store } from '@quickstep/shared/pipeline';
import type { LoadedRows, Refs, Row } from '@quickstep/shared/rows';
import type { Rule } from '../../tools/src/simulation/rules.js';
import { type Tampering, untouched } from '../../tools/src/simulation/tampering.js';

/** A bug that is planted into the running system. */
export interface Mutation {
  readonly name: string;
  /** The rules that it breaks, each in some world. */
  readonly trips: readonly Rule[];
  readonly tampering: Tampering;
}

type Decide = AnyStep['decide'];
type Rows = LoadedRows<Refs>;
type Event = OutgoingEvent['event'];

function mutation(name: string, trips: readonly Rule[], changes: Partial<Tampering>): Mutation {
  return { name, trips, tampering: { ...untouched, ...changes } };
}

/** Replaces what one step decides. */
function deciding(name: string, trips: readonly Rule[], step: string, mutated: (real: Decide) => Decide): Mutation {
  const steps = (implementation: Implementation): Implementation => {
    const real = implementation.steps[step];
    if (real === undefined) return implementation;
    const decide = mutated(real.decide.bind(real));
    return { ...implementation, steps: { ...implementation.steps, [step]: { ...real, decide } } };
  };
  return mutation(name, trips, { steps });
}

/** Replaces what a batch commits. */
function committing(name: string, trips: readonly Rule[], mutated: (changes: Changes) => Changes): Mutation {
  const store = (real: Store): Store => ({
    ...real,
    begin: async (claims, loads) => {
      const open = await real.begin(claims, loads);
      return { ...open, commit: (changes) => open.commit(mutated(changes)) };
    },
  });
  return mutation(name, trips, { store });
}

/** Replaces what a batch promises to publish. */
function emitting(name: string, trips: readonly Rule[], mutated: (event: Event) => readonly Event[]): Mutation {
  const changed = (outgoing: OutgoingEvent) =>
    mutated(outgoing.event).map((event) =>
      event === outgoing.event ? outgoing : { ...outgoing, event, body: JSON.stringify(event) },
    );
  return committing(name, trips, ({ outbox, ...changes }) => ({
    ...changes,
    outbox: outbox === undefined ? undefined : { ...outbox, events: outbox.events.flatMap(changed) },
  }));
}

/** A row of the step, to be changed. */
function rowOf(rows: Rows, name: string): Record<string, unknown> {
  const row = rows[name];
  if (typeof row !== 'object' || row === null) throw new TypeError(`The step has no row "${name}"`);
  return Object.assign(row);
}

const rowsOf = (rows: Rows, name: string): Record<string, unknown>[] => {
  const list = rows[name];
  return Array.isArray(list) ? list : [];
};

/** What the step would decide if a row were as it is not. */
const pretending =
  (name: string, property: string, value: unknown) =>
  (real: Decide): Decide =>
  (message, rows, context) => {
    if (rows[name] !== undefined) rowOf(rows, name)[property] = value;
    return real(message, rows, context);
  };

/** What the step leaves in a row is changed afterwards. */
const leaving =
  (name: string, change: (row: Record<string, unknown>) => void) =>
  (real: Decide): Decide =>
  (message, rows, context) => {
    const decision = real(message, rows, context);
    change(rowOf(rows, name));
    return decision;
  };

/** The step does nothing when a row was closed before. */
const ignoringClosed =
  (name: string) =>
  (real: Decide): Decide =>
  (message, rows, context) =>
    rowOf(rows, name).closed === true ? outcome('overtaken') : real(message, rows, context);

const unchanged = (row: Record<string, unknown>, before: Row) => void Object.assign(row, before);

export const mutations: readonly Mutation[] = [
  // The kit.
  mutation('no inbox: every delivery counts as the first', ['an event takes effect once'], {
    store: (real) => ({
      ...real,
      begin: async (claims, loads) => {
        const open = await real.begin(claims, loads);
        return { ...open, claimed: claims.map(() => true) };
      },
    }),
  }),
  mutation('ack before commit', ['every event reaches its consumers', 'the customer is told once'], {
    delivery: (real) => {
      real.ack();
      return { ...real, ack: () => undefined, requeue: () => undefined };
    },
  }),
  committing(
    'outbox not written: a crash loses what memory had to publish',
    ['only what was committed is published'],
    (changes) => ({ ...changes, outbox: undefined }),
  ),
  mutation('outbox never swept', ['every order ends', 'without faults everything ends'], {
    store: (real) => ({ ...real, takeUnpublished: async () => [] }),
  }),
  mutation('confirmed outbox entries are forgotten without waiting', ['an orderly stop finishes its work'], {
    store: (real) => ({
      ...real,
      updateOutbox: async (update) => {
        real.updateOutbox(update).catch(() => undefined);
      },
    }),
  }),
  mutation('unroutable events count as published', ['every event reaches its consumers'], {
    publisher: (real) => ({
      publish: async (events) => (await real.publish(events)).map((fate) => (fate === 'returned' ? 'confirmed' : fate)),
    }),
  }),
  mutation('refused publishes count as published', ['every order ends', 'every event reaches its consumers'], {
    publisher: (real) => ({
      publish: async (events) => (await real.publish(events)).map((fate) => (fate === 'failed' ? 'confirmed' : fate)),
    }),
  }),
  mutation('events are published in a form that nobody reads', ['every event keeps its contract'], {
    publisher: (real) => ({
      publish: (events) =>
        real.publish(events.map((each) => ({ ...each, body: each.body.replace('"specversion"', '"version"') }))),
    }),
  }),
  mutation('events are published under the name of another service', ['every event comes from whom its contract says'], {
    publisher: (real) => ({
      publish: (events) =>
        real.publish(
          events.map((each) => ({ ...each, body: each.body.replace(/"source":"[^"]*"/, '"source":"/other-service"') })),
        ),
    }),
  }),
  mutation('a retry is acknowledged without a copy', ['the customer is told once', 'every event reaches its consumers'], {
    delivery: (real) => ({ ...real, ack: () => real.ack(), requeue: () => real.requeue(), retry: async () => undefined }),
  }),
  committing('outbox entries are written, their rows are not', ['every order ends'], (changes) => ({ ...changes, updates: [] })),
  committing('the history is not written', ['the history is complete'], (changes) => ({ ...changes, history: [] })),
  mutation('rows are not locked: two replicas work on the same ones', ['what is reserved is held by orders'], {
    store: (real) => ({
      ...real,
      begin: (claims, loads) =>
        real.begin(
          claims,
          loads.map((load) => ({ ...load, lock: false })),
        ),
    }),
  }),
  committing('claims of events whose step failed are kept', ['every order ends'], (changes) => ({ ...changes, withdrawn: [] })),
  mutation('answers and acknowledgements come before the commit', ['what was accepted is durable'], {
    store: (real) => ({
      ...real,
      begin: async (claims, loads) => {
        const open = await real.begin(claims, loads);
        return {
          ...open,
          commit: async (changes) => {
            open.commit(changes).catch(() => undefined);
          },
        };
      },
    }),
  }),
  emitting('the cause of an event is lost', ['every event is traceable to its cause'], (event) => [
    { ...event, causationid: event.correlationid },
  ]),
  emitting('every event is emitted twice', ['one cause has one effect'], (event) => [event, { ...event, id: `${event.id}-2` }]),

  // The order service.
  deciding(
    'status by the last event',
    ['an ended order stays as it ended', 'an order has ended when its status says so'],
    'trackOrder',
    (real) => (message, rows, context) => {
      const decision = real(message, rows, context);
      const order = rowOf(rows, 'order');
      const last = 'type' in message ? message.type : undefined;
      if (last === 'inventory.reserved') order.status = 'RESERVED';
      if (last === 'payment.completed') order.status = 'PAID';
      return decision;
    },
  ),
  deciding(
    'a deadline stays when the order has ended',
    ['every open order has a deadline'],
    'trackOrder',
    (real) => (message, rows, context) => {
      const order = rowOf(rows, 'order');
      const { deadlineAt } = order;
      const decision = real(message, rows, context);
      order.deadlineAt = deadlineAt;
      return decision;
    },
  ),
  emitting('an ending is told under a second key', ['an order ends once', 'the customer is told once'], (event) => {
    const again = {
      ...event,
      id: event.id.replace('01980000', '01980001'),
      idempotencykey: event.idempotencykey.replace(/0$/, '1'),
    };
    return event.type === 'order.completed' || event.type === 'order.cancelled' ? [event, again] : [event];
  }),
  deciding(
    'an order that has ended is cancelled all the same',
    ['nobody cancels an ended order'],
    'cancelOrder',
    pretending('order', 'status', 'PENDING'),
  ),
  deciding(
    'every cancellation comes too late',
    ['only an ended order cannot be cancelled'],
    'cancelOrder',
    () => () => refused('order_ended', 'The order has ended already'),
  ),
  deciding(
    'a placed order is not found',
    ['a placed order is known'],
    'cancelOrder',
    () => () => refused('order_not_found', 'There is no such order'),
  ),
  deciding(
    'good orders are refused',
    ['a good order is accepted'],
    'placeOrder',
    () => () => refused('invalid_request', 'Some items cannot be ordered'),
  ),
  deciding(
    'idempotency keys are not compared with their requests',
    ['an idempotency key stands for one request'],
    'placeOrder',
    (real) => (message, rows, context) => {
      const unkeyed = { ...message, idempotencyKey: undefined };
      return real(unkeyed, rows, context);
    },
  ),
  deciding(
    'an older change of the catalogue overwrites a newer',
    ['the catalogue follows the warehouse'],
    'updateCatalogue',
    pretending('item', 'revision', 0),
  ),
  deciding(
    'a step takes an ordinary event for an impossible one',
    ['no step meets what cannot happen'],
    'updateCatalogue',
    () => () => {
      throw new Permanent('There is no such item');
    },
  ),

  // The inventory service.
  deciding(
    'no closed row: a release that comes first leaves nothing behind',
    ['a cancelled order holds no stock', 'once all orders have ended nothing is reserved'],
    'releaseStock',
    (real) => (message, rows, context) => {
      const reservation = rowOf(rows, 'reservation');
      const before = { ...reservation };
      const decision = real(message, rows, context);
      if (before.status === 'none') unchanged(reservation, before);
      return decision;
    },
  ),
  deciding(
    'stock is released whatever became of it',
    ['what is reserved is held by orders', 'no stock is negative'],
    'releaseStock',
    (real) => (message, rows, context) => {
      const reservation = rowOf(rows, 'reservation');
      if (Array.isArray(reservation.items) && reservation.items.length > 0) reservation.status = 'reserved';
      return real(message, rows, context);
    },
  ),
  deciding(
    'a release is counted, the shelf is not',
    ['on hand = available + reserved'],
    'releaseStock',
    (real) => (message, rows, context) => {
      const decision = real(message, rows, context);
      for (const item of rowsOf(rows, 'stock')) item.onHand = Number(item.onHand) + 1;
      return decision;
    },
  ),
  deciding(
    'stock is reserved although it was released before',
    ['a reservation ends once'],
    'reserveStock',
    pretending('reservation', 'status', 'none'),
  ),
  deciding(
    'the reservation of a shipped order is not committed',
    ['the stock of a completed order has left', 'what has not left is on hand'],
    'commitStock',
    () => () => outcome('committed'),
  ),
  deciding('stock is sold that is not there', ['no stock is negative'], 'reserveStock', (real) => (message, rows, context) => {
    const levels = rowsOf(rows, 'stock').map((item) => [item, item.available] as const);
    for (const [item] of levels) item.available = 1_000;
    const decision = real(message, rows, context);
    for (const [item, available] of levels) item.available = Number(available) + Number(item.available) - 1_000;
    return decision;
  }),
  deciding('counting stock fails', ['no command fails'], 'adjustStock', () => () => {
    throw new TypeError('The step has a bug');
  }),

  // The payment service.
  mutation(
    'a refund is recorded without asking the gateway',
    ['no charge without a completed order or a refund', 'charges - refunds = total of completed orders'],
    {
      providers: (real, newId) => ({
        ...real,
        gateway: {
          ...real.gateway,
          refund: async (reference) => ({ kind: 'refunded', refundId: newId(), chargeId: newId(), amount: reference.length }),
        },
      }),
    },
  ),
  mutation('half of the price is charged', ['a completed order is paid'], {
    providers: (real) => ({
      ...real,
      gateway: {
        ...real.gateway,
        charge: (charge, key) => real.gateway.charge({ ...charge, amount: Math.floor(charge.amount / 2) }, key),
      },
    }),
  }),
  mutation(
    'refunds without idempotency keys, at a gateway that refunds a charge as often as it is asked',
    ['at most one refund for each charge'],
    {
      refundsAgain: true,
      providers: (real, newId) => ({
        ...real,
        gateway: {
          ...real.gateway,
          refund: (reference) => real.gateway.refund(reference, newId()),
        },
      }),
    },
  ),
  deciding(
    'the outcome of a charge is dropped when its row was closed',
    ['no effect without its record'],
    'chargePayment',
    ignoringClosed('payment'),
  ),
  deciding(
    'a late charge is kept although the order was cancelled',
    ['no charge without a completed order or a refund'],
    'chargePayment',
    (real) => (message, rows, context) => {
      const decision = real(message, rows, context);
      return 'outcome' in decision && decision.outcome === 'late' ? outcome('overtaken') : decision;
    },
  ),
  deciding(
    'a charged payment is noted as declined, too',
    ['a payment is charged or declined'],
    'chargePayment',
    leaving('payment', (payment) => {
      payment.declineReason = 'insufficient funds';
    }),
  ),
  deciding(
    'a refund leaves its payment open',
    ['a refunded payment is closed'],
    'refundPayment',
    leaving('payment', (payment) => {
      payment.closed = false;
    }),
  ),

  // The shipping service.
  deciding(
    'a cancellation is ignored when it is inconvenient',
    ['a cancellation is carried out or rejected', 'every order ends'],
    'cancelShipment',
    () => () => outcome('repeated'),
  ),
  deciding(
    'the booking of a parcel is dropped when its row was closed',
    ['no parcel of a cancelled order is on its way'],
    'bookShipment',
    ignoringClosed('shipment'),
  ),
  mutation('a parcel is noted that was never booked', ['a completed order is on its way'], {
    providers: (real, newId) => ({
      ...real,
      carrier: {
        ...real.carrier,
        book: async () => ({ kind: 'booked', trackingNumber: newId() }),
      },
    }),
  }),
  mutation('effects without idempotency keys', ['at most one charge is kept', 'at most one parcel per order'], {
    providers: (real, newId) => ({
      gateway: {
        ...real.gateway,
        charge: (charge) => real.gateway.charge(charge, newId()),
        refund: (reference) => real.gateway.refund(reference, newId()),
      },
      carrier: {
        ...real.carrier,
        book: (parcel) => real.carrier.book(parcel, newId()),
      },
      mailer: real.mailer,
    }),
  }),

  // The notification service.
  deciding(
    'a message is filed under an order that does not exist',
    ['every record belongs to an order', 'the customer is told once'],
    'notifyCustomer',
    leaving('notification', (notification) => {
      notification.orderId = notification.notificationId;
    }),
  ),
];
