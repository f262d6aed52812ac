import type { AnyStep, Implementation } from '@quickstep/shared/choreography';
import type { OpenBatch, Store } from '@quickstep/shared/pipeline';
import type { LoadedRows, Refs, Row } from '@quickstep/shared/rows';
import { type Tampering, untouched } from '../../tools/src/simulation/tampering.js';

/** A bug that is planted into the running system. */
export interface Mutation {
  readonly name: string;
  readonly tampering: Tampering;
}

type Decide = AnyStep['decide'];
type Rows = LoadedRows<Refs>;

function mutation(name: string, changes: Partial<Tampering>): Mutation {
  return { name, tampering: { ...untouched, ...changes } };
}

/** Replaces what one step decides. */
function deciding(name: string, step: string, mutated: (real: Decide) => Decide): Mutation {
  const steps = (implementation: Implementation): Implementation => {
    const real = implementation.steps[step];
    if (real === undefined) return implementation;
    const decide = mutated(real.decide.bind(real));
    return { ...implementation, steps: { ...implementation.steps, [step]: { ...real, decide } } };
  };
  return mutation(name, { steps });
}

/** Replaces what a batch commits. */
function committing(
  name: string,
  mutated: (changes: Parameters<OpenBatch['commit']>[0]) => Parameters<OpenBatch['commit']>[0],
): Mutation {
  const store = (real: Store): Store => ({
    ...real,
    begin: async (claims, loads) => {
      const open = await real.begin(claims, loads);
      return { ...open, commit: (changes) => open.commit(mutated(changes)) };
    },
  });
  return mutation(name, { store });
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
    rowOf(rows, name)[property] = value;
    return real(message, rows, context);
  };

const unchanged = (row: Record<string, unknown>, before: Row) => void Object.assign(row, before);

export const mutations: readonly Mutation[] = [
  mutation('no inbox: every delivery counts as the first', {
    store: (real) => ({
      ...real,
      begin: async (claims, loads) => {
        const open = await real.begin(claims, loads);
        return { ...open, claimed: claims.map(() => true) };
      },
    }),
  }),
  deciding(
    'no closed row: a release that comes first leaves nothing behind',
    'releaseStock',
    (real) => (message, rows, context) => {
      const reservation = rowOf(rows, 'reservation');
      const before = { ...reservation };
      const decision = real(message, rows, context);
      if (before.status === 'none') unchanged(reservation, before);
      return decision;
    },
  ),
  mutation('a refund is recorded without asking the gateway', {
    providers: (real, newId) => ({
      ...real,
      gateway: {
        charge: (charge, key) => real.gateway.charge(charge, key),
        refund: async (reference) => ({ kind: 'refunded', refundId: newId(), amount: reference.length }),
      },
    }),
  }),
  deciding('stock is released whatever became of it', 'releaseStock', (real) => (message, rows, context) => {
    const reservation = rowOf(rows, 'reservation');
    if (Array.isArray(reservation.items) && reservation.items.length > 0) reservation.status = 'reserved';
    return real(message, rows, context);
  }),
  mutation('ack before commit', {
    delivery: (real) => {
      real.ack();
      return { ...real, ack: () => undefined, requeue: () => undefined };
    },
  }),
  committing('outbox not written: a crash loses what memory had to publish', (changes) => ({ ...changes, outbox: undefined })),
  mutation('outbox never swept', { store: (real) => ({ ...real, takeUnpublished: async () => [] }) }),
  deciding('status by the last event', 'recordProgress', (real) => (message, rows, context) => {
    const decision = real(message, rows, context);
    const order = rowOf(rows, 'order');
    const last = 'type' in message ? message.type : undefined;
    if (last === 'inventory.reserved') order.status = 'RESERVED';
    if (last === 'payment.completed') order.status = 'PAID';
    return decision;
  }),
  deciding('the reservation of a shipped order is not committed', 'commitStock', () => () => []),
  deciding('a cancellation is ignored when it is inconvenient', 'cancelShipment', () => () => []),
  deciding('the outcome of a charge is dropped when its row was closed', 'chargePayment', (real) => (message, rows, context) => {
    return rowOf(rows, 'payment').closed === true ? [] : real(message, rows, context);
  }),
  deciding('the booking of a parcel is dropped when its row was closed', 'bookShipment', (real) => (message, rows, context) => {
    return rowOf(rows, 'shipment').closed === true ? [] : real(message, rows, context);
  }),
  deciding('a deadline stays when the order has ended', 'endOrder', (real) => (message, rows, context) => {
    const order = rowOf(rows, 'order');
    const { deadlineAt } = order;
    const decision = real(message, rows, context);
    order.deadlineAt = deadlineAt;
    return decision;
  }),
  mutation('effects without idempotency keys', {
    providers: (real, newId) => ({
      gateway: {
        charge: (charge) => real.gateway.charge(charge, newId()),
        refund: (reference) => real.gateway.refund(reference, newId()),
      },
      carrier: {
        book: (parcel) => real.carrier.book(parcel, newId()),
        recall: (reference, key) => real.carrier.recall(reference, key),
      },
      mailer: real.mailer,
    }),
  }),
  mutation('unroutable events count as published', {
    publisher: (real) => ({
      publish: async (events) => (await real.publish(events)).map((fate) => (fate === 'returned' ? 'confirmed' : fate)),
    }),
  }),
  mutation('refused publishes count as published', {
    publisher: (real) => ({
      publish: async (events) => (await real.publish(events)).map((fate) => (fate === 'failed' ? 'confirmed' : fate)),
    }),
  }),
  mutation('a retry is acknowledged without a copy', {
    delivery: (real) => ({ ...real, ack: () => real.ack(), requeue: () => real.requeue(), retry: async () => undefined }),
  }),
  committing('outbox entries are written, their rows are not', (changes) => ({ ...changes, updates: [] })),
  deciding('stock is sold that is not there', 'reserveStock', (real) => (message, rows, context) => {
    const levels = rowsOf(rows, 'stock').map((item) => [item, item.available] as const);
    for (const [item] of levels) item.available = 1_000;
    const decision = real(message, rows, context);
    for (const [item, available] of levels) item.available = Number(available) + Number(item.available) - 1_000;
    return decision;
  }),
  deciding('an older change of the catalogue overwrites a newer', 'updateCatalogue', pretending('item', 'revision', 0)),
  deciding('a late charge is kept although the order was cancelled', 'chargePayment', (real) => (message, rows, context) => {
    const decision = real(message, rows, context);
    return Array.isArray(decision) ? decision.filter(({ type }) => type !== 'payment.refund') : decision;
  }),
  mutation('rows are not locked: two replicas work on the same ones', {
    store: (real) => ({
      ...real,
      begin: (claims, loads) =>
        real.begin(
          claims,
          loads.map((load) => ({ ...load, lock: false })),
        ),
    }),
  }),
  committing('claims of events whose step failed are kept', (changes) => ({ ...changes, withdrawn: [] })),
  mutation('answers and acknowledgements come before the commit', {
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
];
