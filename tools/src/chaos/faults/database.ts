import type { Client } from 'pg';
import { fault } from '../fault.js';
import type { World } from '../world.js';
import { serversOf } from './broker.js';

/** Ends the sessions of a service, as `pg_terminate_backend` does. @returns how many there were */
async function endSessions(world: World, service: string): Promise<number> {
  const ended = await world.databases.ask(
    service,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()`,
    [service],
  );
  return ended.length;
}

async function alterDatabase(world: World, service: string, what: string): Promise<void> {
  await world.databases.ask(service, `alter database ${world.databaseOf(service)} ${what}`, []);
}

async function sessions(world: World, service: string): Promise<number> {
  const found = await world.databases.ask(
    service,
    'select from pg_stat_activity where datname = current_database() and application_name = $1',
    [service],
  );
  return found.length;
}

/** Locks tables of a service for as long as the client lives. */
async function locked(world: World, service: string, tables: string): Promise<Client> {
  const client = await world.databases.open(service);
  await client.query(`begin; set local lock_timeout = '5s'; lock table ${tables} in access exclusive mode`);
  return client;
}

/** Sessions that wait for a lock. */
async function waiting(client: Client): Promise<number> {
  const { rows } = await client.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows.length;
}

export const databaseFaults = [
  fault({
    name: 'database-killed',
    what: 'kill -9 of PostgreSQL and its processes; it is started again after a while',
    target: 'all',
    lasts: [500, 3_000],
    needs: ['private servers'],
    inject: async (world) => {
      const pid = serversOf(world).pid('postgres');
      await serversOf(world).kill('postgres');
      return pid;
    },
    heal: (world) => serversOf(world).start('postgres'),
    bit: async (world, _target, pid) => {
      const now = serversOf(world).pid('postgres');
      return now !== undefined && now !== pid ? `process ${pid} died, ${now} took its place` : undefined;
    },
  }),
  fault({
    name: 'database-restarted',
    what: 'PostgreSQL is stopped in order (fast) and started again',
    target: 'all',
    lasts: [0, 1_000],
    needs: ['private servers'],
    inject: async (world) => {
      const pid = serversOf(world).pid('postgres');
      await serversOf(world).stop('postgres');
      return pid;
    },
    heal: (world) => serversOf(world).start('postgres'),
    bit: async (world, _target, pid) => {
      const now = serversOf(world).pid('postgres');
      return now !== undefined && now !== pid ? `process ${pid} ended, ${now} took its place` : undefined;
    },
  }),
  fault({
    name: 'database-frozen',
    what: 'SIGSTOP of PostgreSQL and its processes, then SIGCONT',
    target: 'all',
    lasts: [1_000, 4_000],
    needs: ['private servers'],
    inject: async (world) => {
      serversOf(world).freeze('postgres', 'SIGSTOP');
      const client = world.databases.open('order-service').then((each) => each.end());
      return client.then(
        () => true,
        () => false,
      );
    },
    heal: async (world) => serversOf(world).freeze('postgres', 'SIGCONT'),
    bit: async (_world, _target, answered) => (answered ? undefined : 'did not answer while it was frozen'),
  }),
  fault({
    name: 'sessions-ended',
    what: 'the database ends all sessions of a service',
    target: 'any service',
    lasts: [0, 0],
    inject: endSessions,
    heal: async () => undefined,
    bit: async (world, service, ended) =>
      ended > 0 && (await sessions(world, service)) > 0 ? `${ended} sessions ended, others opened` : undefined,
  }),
  fault({
    name: 'connection-limit',
    what: 'a service has no connection to its database and gets none: its limit is reached',
    target: 'any service',
    lasts: [1_000, 4_000],
    needs: ['database role'],
    inject: async (world, service) => {
      await alterDatabase(world, service, 'connection limit 0');
      const ended = await endSessions(world, service);
      return { ended, service };
    },
    heal: (world, service) => alterDatabase(world, service, 'connection limit -1'),
    bit: async (world, service, { ended }) =>
      ended > 0 && (await sessions(world, service)) > 0 ? `${ended} sessions ended and none allowed for a while` : undefined,
  }),
  fault({
    name: 'database-read-only',
    what: 'the database of a service takes no writes, as a standby does that was not promoted yet',
    target: 'one service',
    lasts: [1_000, 3_000],
    inject: async (world, service) => {
      await alterDatabase(world, service, 'set default_transaction_read_only = on');
      return endSessions(world, service);
    },
    heal: (world, service) => alterDatabase(world, service, 'reset default_transaction_read_only'),
    bit: async (_world, _service, ended) => (ended > 0 ? `${ended} sessions ended, new ones could not write` : undefined),
  }),
  fault({
    name: 'inbox-locked',
    what: 'somebody keeps the inbox of a service locked',
    target: 'one service',
    lasts: [1_000, 4_000],
    inject: async (world, service) => ({ client: await locked(world, service, 'inbox'), waited: { sessions: 0 } }),
    heal: async (_world, _service, { client, waited }) => {
      waited.sessions = await waiting(client).catch(() => 0);
      await client.end();
    },
    bit: async (_world, _service, { waited }) => (waited.sessions > 0 ? `${waited.sessions} sessions waited for it` : undefined),
  }),
];
