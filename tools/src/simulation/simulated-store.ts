import { type Store, Unavailable } from '@quickstep/shared/pipeline';
import type { CallKind } from './calls.js';
import type { Environment } from './environment.js';
import { beginBatch, type StoreClient } from './simulated-batch.js';
import { claimName, type SimulatedDatabase } from './simulated-database.js';

/** A process's access to its database. Each statement takes until the world answers it. */
export function storeFor(process: StoreClient, database: SimulatedDatabase, environment: Environment): Store {
  const { calls, faults, time } = environment;
  let open = false;

  /** A statement outside of any batch. */
  const aside = <Answer>(kind: CallKind, about: () => string, perform: (now: number) => Answer): Promise<Answer> =>
    calls.make({
      process,
      kind,
      about,
      perform: () => {
        if (faults.strikes('database away')) throw new Unavailable('The simulated database is away');
        return perform(time.now().getTime());
      },
    });

  return {
    begin: async (claims, loads) => {
      if (open) throw new Error('A batch is open already: commit it or roll it back before the next one begins');
      open = true;
      const ended = () => {
        open = false;
      };
      return beginBatch(process, database, environment, { claims, loads, ended }).catch((error) => {
        ended();
        throw error;
      });
    },
    handled: (claims) => {
      const names = claims.map(claimName);
      return aside(
        'handled',
        () => names.join(' '),
        () => names.map((name) => database.inbox.has(name)),
      );
    },
    takeUnpublished: (olderThanMs, limit) =>
      aside('take unpublished', String, (now) => database.takeUnpublished(olderThanMs, limit, now)),
    updateOutbox: (update) =>
      aside(
        'update outbox',
        () => [...update.deleted, ...update.updated.map(({ id }) => id), ...update.postponed].join(' '),
        (now) => database.updateOutbox(update, now),
      ),
    due: (table, at, limit, except = []) =>
      aside(
        'due',
        () => table.name,
        (now) => database.due(table, at, now, except).slice(0, limit),
      ),
  };
}
