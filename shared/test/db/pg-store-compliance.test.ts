import { afterAll, beforeAll, describe } from '@jest/globals';
import { PgStore } from '@quickstep/shared/db';
import type { Store } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { dataSourceOf, migratedDatabase, someoneWaits } from './fixture.js';
import { storeCompliance } from './store-compliance.js';
import type { StoreWorld } from './store-world.js';
import { wireTo } from './wire.js';

let database: { dataSource: DataSource; url: string; drop(): Promise<void> };
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.drop());

interface Process {
  readonly store: PgStore;
  readonly dataSource: DataSource;
  readonly wire: Awaited<ReturnType<typeof wireTo>>;
}

/** Each process reaches PostgreSQL over a wire of its own, which can be cut. */
async function open(): Promise<StoreWorld> {
  const { dataSource } = database;
  const processes = new Map<Store, Process>();
  const processOf = (store: Store): Process => {
    const process = processes.get(store);
    if (process === undefined) throw new TypeError('The store is of another world');
    return process;
  };
  return {
    async store() {
      const wire = await wireTo(database.url);
      const remote = dataSourceOf(wire.url);
      await remote.initialize();
      const store = new PgStore(remote);
      processes.set(store, { store, dataSource: remote, wire });
      return store;
    },
    async now() {
      const [row] = await dataSource.query<{ now: Date }[]>('select now()');
      return row?.now ?? new Date(Number.NaN);
    },
    async pass(milliseconds) {
      const interval = `interval '${milliseconds} milliseconds'`;
      await dataSource.query(
        `update outbox set created_at = created_at - ${interval}, next_attempt_at = next_attempt_at - ${interval}`,
      );
      await dataSource.query(`update things set due_at = due_at - ${interval}`);
    },
    someoneWaits: () => someoneWaits(dataSource),
    // PostgreSQL ends the wait by itself (`lock_timeout`).
    patienceEnds: async () => undefined,
    loseCommit: async (store) => processOf(store).wire.cut(),
    loseAnswer: async (store) => processOf(store).wire.loseAnswers(),
    die: (store) => processOf(store).store.close(),
    async close() {
      for (const { store, dataSource: remote, wire } of processes.values()) {
        await store.close();
        await remote.destroy();
        wire.close();
      }
      await dataSource.query('truncate inbox, outbox, event_log, things, stock');
    },
  };
}

describe('the store on PostgreSQL', () => storeCompliance(open));
