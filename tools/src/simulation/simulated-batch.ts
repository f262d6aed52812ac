import {
  Busy,
  type Changes,
  type Claim,
  Conflict,
  type Load,
  type OpenBatch,
  OutcomeUnknown,
  Unavailable,
} from '@quickstep/shared/pipeline';
import type { Environment } from './environment.js';
import { claimName, lockName, type SimulatedDatabase, type Transaction } from './simulated-database.js';
import type { StepsAtWork } from './watched-steps.js';

/** A process as its database sees it. */
export interface StoreClient {
  readonly name: string;
  /** What waits inside for the next batch, in order: part of the world's state. */
  readonly backlog: string[];
  readonly batchLimit: number;
  /** Nobody else works on its database: there is nobody to wait for. */
  readonly alone: boolean;
  /** What its steps are doing. */
  readonly atWork: StepsAtWork;
  /** Transactions that have not ended. */
  readonly transactions: Set<Transaction>;
}

export interface Asked {
  readonly claims: readonly Claim[];
  readonly loads: readonly Load[];
  /** Called when the transaction has ended, whatever became of it. */
  ended(): void;
}

interface Begun {
  readonly transaction: Transaction;
  /** Those that are in the batch. */
  readonly steps: readonly string[];
  readonly claimed: readonly boolean[];
  readonly rows: OpenBatch['rows'];
  ended(): void;
}

/** As long as the real store waits for a lock (`lock_timeout`). */
const LOCK_TIMEOUT_MS = 1_500;

const away = () => new Unavailable('The simulated database is away');
const unanswered = () => new OutcomeUnknown('The simulated database did not answer to the commit');

/** Begins a transaction: it waits for whoever holds one of its claims or rows, though not for ever. */
export function beginBatch(
  process: StoreClient,
  database: SimulatedDatabase,
  environment: Environment,
  { claims, loads, ended }: Asked,
): Promise<OpenBatch> {
  process.backlog.splice(0, process.batchLimit);
  const steps = process.atWork.takeBatch();
  const names = claims.map(claimName);
  const rowLocks = loads.flatMap(({ table, keys, lock }) => (lock ? keys.map((key) => lockName(table.name, key)) : []));
  const locks = process.alone ? [] : [...names, ...rowLocks];
  const { calls, faults, time } = environment;
  let late = false;
  const cancel = process.alone
    ? () => undefined
    : time.after(LOCK_TIMEOUT_MS, process, 'lock timeout', () => {
        late = !database.isFree(locks);
      });
  return calls.make({
    process,
    kind: 'begin',
    steps,
    about: () => [...names, ...loads.flatMap(({ keys }) => keys)].join(' '),
    ready: () => late || database.isFree(locks),
    perform: () => {
      cancel();
      if (late) throw new Busy('canceling statement due to lock timeout');
      if (faults.strikes('database away', steps)) throw away();
      if (faults.strikes('deadlock', steps)) throw new Conflict('deadlock detected');
      if (faults.strikes('statement timeout', steps)) throw new Busy('canceling statement due to statement timeout');
      const claimed = names.map((name) => !database.inbox.has(name));
      const transaction = { locks, claims: names.filter((_, index) => claimed[index]) };
      database.lock(transaction);
      process.transactions.add(transaction);
      const rows = loads.map(({ table, keys }) => database.rowsOf(table, keys));
      return openBatch(process, database, environment, { transaction, steps, claimed, rows, ended });
    },
  });
}

function openBatch(
  process: StoreClient,
  database: SimulatedDatabase,
  { calls, faults, choices, time, ledger, trace }: Environment,
  { transaction, steps, claimed, rows, ended }: Begun,
): OpenBatch {
  const end = () => {
    if (!process.transactions.delete(transaction)) throw new Error('The batch has ended already');
    database.release(transaction);
    ended();
  };
  const apply = (changes: Changes) => {
    database.apply(transaction, changes, time.now().getTime());
    trace.note(process.name, process.name, describe(transaction, changes));
    trace.detail(() => JSON.stringify(changes));
    ledger.committed(database, changes);
  };
  const commit = (changes: Changes) =>
    calls.make({
      process,
      kind: 'commit',
      steps,
      about: () => transaction.claims.join(' '),
      perform: () => {
        end();
        if (faults.strikes('commit lost', steps)) throw unanswered();
        apply(changes);
        if (faults.strikes('answer to commit lost', steps)) throw unanswered();
      },
      abandon: () => {
        end();
        const happened = choices.pick(2) === 1 && database.problemWith(changes) === undefined;
        faults.count(happened ? 'crash after commit, before publish' : 'crash before commit', steps);
        if (happened) apply(changes);
      },
    });
  return { claimed, rows, commit, rollback: async () => end() };
}

function describe({ claims }: Transaction, { updates, inserts, outbox }: Changes): string {
  const steps = claims.map((claim) => claim.split(' ')[0]).join(', ');
  const tables = [...new Set([...updates, ...inserts].map(({ table }) => table.name))].join(', ');
  const events = outbox?.events.map(({ event }) => event.type).join(', ');
  return `commits ${steps || 'a command or timer'}: ${tables || 'no row'} changed${events ? `, emits ${events}` : ''}`;
}
