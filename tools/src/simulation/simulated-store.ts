import {
  type Changes,
  type Claim,
  Conflict,
  type Load,
  type OpenBatch,
  type Store,
  Unavailable,
} from '@quickstep/shared/pipeline';
import type { Key, Row } from '@quickstep/shared/rows';
import type { CallKind } from './calls.js';
import type { Environment } from './environment.js';
import { claimName, lockName, type SimulatedDatabase, type Transaction } from './simulated-database.js';

/** A process as its database sees it. */
export interface StoreClient {
  readonly name: string;
  /** What waits inside for the next batch, in order: part of the world's state. */
  readonly backlog: string[];
  readonly batchLimit: number;
  /** Nobody else works on its database: there is nobody to wait for. */
  readonly alone: boolean;
  /** Transactions that have not ended. */
  readonly transactions: Set<Transaction>;
}

const away = () => new Unavailable('The simulated database is away');

/** A process's access to its database. Each statement takes until the world answers it. */
export function storeFor(process: StoreClient, database: SimulatedDatabase, environment: Environment): Store {
  const { calls, faults, time } = environment;

  /** A statement outside of any batch. */
  const aside = <Answer>(kind: CallKind, about: () => string, perform: () => Answer): Promise<Answer> =>
    calls.make({
      process,
      kind,
      about,
      perform: () => {
        if (faults.strikes('database away')) throw away();
        return perform();
      },
    });

  return {
    begin: (claims, loads) => begin(process, database, environment, claims, loads),
    takeUnpublished: (olderThanMs, limit) =>
      aside('take unpublished', String, () => database.takeUnpublished(olderThanMs, limit, time.now().getTime())),
    updateOutbox: (update) =>
      aside(
        'update outbox',
        () => [...update.deleted, ...update.updated.map(({ id }) => id), ...update.postponed].join(' '),
        () => database.updateOutbox(update, time.now().getTime()),
      ),
    due: (table, at, limit) =>
      aside(
        'due',
        () => table.name,
        () => {
          const dated = [...database.table(table.name)].flatMap(([key, row]) => moment(row, at, key));
          const past = dated.filter(({ moment }) => moment <= time.now().getTime()).sort((a, b) => a.moment - b.moment);
          return past.slice(0, limit).map(({ key }) => key);
        },
      ),
  };
}

function moment(row: Row, property: string, key: Key) {
  const value = row[property];
  return value instanceof Date ? [{ key, moment: value.getTime() }] : [];
}

function begin(
  process: StoreClient,
  database: SimulatedDatabase,
  environment: Environment,
  claims: readonly Claim[],
  loads: readonly Load[],
): Promise<OpenBatch> {
  process.backlog.splice(0, process.batchLimit);
  const names = claims.map(claimName);
  const rowLocks = loads.flatMap(({ table, keys, lock }) => (lock ? keys.map((key) => lockName(table.name, key)) : []));
  const locks = process.alone ? [] : [...names, ...rowLocks];
  const { calls, faults } = environment;
  return calls.make({
    process,
    kind: 'begin',
    about: () => [...names, ...loads.flatMap(({ keys }) => keys)].join(' '),
    ready: () => database.isFree(locks),
    perform: () => {
      if (faults.strikes('database away')) throw away();
      if (faults.strikes('deadlock')) throw new Conflict('deadlock detected');
      const claimed = names.map((name) => !database.inbox.has(name));
      const transaction = { locks, claims: names.filter((_, index) => claimed[index]) };
      database.lock(transaction);
      process.transactions.add(transaction);
      const rows = loads.map(({ table, keys }) => stored(database.table(table.name), keys));
      return openBatch(process, database, environment, transaction, claimed, rows);
    },
  });
}

function stored(table: Map<Key, Row>, keys: readonly Key[]): Row[] {
  const rows: Row[] = [];
  for (const key of keys) {
    const row = table.get(key);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

function openBatch(
  process: StoreClient,
  database: SimulatedDatabase,
  { calls, faults, choices, time, ledger, trace }: Environment,
  transaction: Transaction,
  claimed: readonly boolean[],
  rows: readonly (readonly Row[])[],
): OpenBatch {
  const end = () => {
    process.transactions.delete(transaction);
    database.release(transaction);
  };
  const apply = (changes: Changes) => {
    database.apply(transaction, changes, time.now().getTime());
    trace.note(process.name, process.name, describe(transaction, changes));
    ledger.committed(database, changes);
  };
  const commit = (changes: Changes) =>
    calls.make({
      process,
      kind: 'commit',
      about: () => transaction.claims.join(' '),
      perform: () => {
        end();
        if (faults.strikes('commit lost')) throw away();
        apply(changes);
        if (faults.strikes('answer to commit lost')) throw away();
      },
      abandon: () => {
        end();
        const happened = choices.pick(2) === 1 && !conflicts(database, changes);
        faults.count(happened ? 'crash after commit, before publish' : 'crash before commit');
        if (happened) apply(changes);
      },
    });
  return { claimed, rows, commit, rollback: async () => end() };
}

function conflicts(database: SimulatedDatabase, { inserts }: Changes): boolean {
  return inserts.some(({ table, rows }) => rows.some((row) => database.table(table.name).has(String(row[table.key]))));
}

function describe({ claims }: Transaction, { updates, inserts, outbox }: Changes): string {
  const steps = claims.map((claim) => claim.split(' ')[0]).join(', ');
  const tables = [...new Set([...updates, ...inserts].map(({ table }) => table.name))].join(', ');
  const events = outbox?.events.map(({ event }) => event.type).join(', ');
  return `commits ${steps || 'a command or timer'}: ${tables || 'no row'} changed${events ? `, emits ${events}` : ''}`;
}
