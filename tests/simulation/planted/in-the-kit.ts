import { committing, emitting, type Mutation, mutation } from './planting.js';

/** Bugs of the pipeline, the store and the publisher. */
export const inTheKit: readonly Mutation[] = [
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
  {
    ...mutation('outbox never swept', ['every order ends', 'without faults everything ends'], {
      store: (real) => ({ ...real, takeUnpublished: async () => [] }),
    }),
    orders: 2,
  },
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
  {
    ...committing('outbox entries are written, their rows are not', ['every order ends'], (changes) => ({
      ...changes,
      updates: [],
    })),
    orders: 1,
  },
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
];
