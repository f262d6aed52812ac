import { type Changes, type Claim, Conflict, type Load, type OpenBatch, Unavailable } from '@quickstep/shared/pipeline';
import type { Key, Row } from '@quickstep/shared/rows';
import type { Environment } from './environment.js';
import type { ServiceProcess } from './service-process.js';
import { claimName, lockName, type SimulatedDatabase, type Transaction } from './simulated-database.js';

/** What a batch relies on: the rows as its process knows them, by their locks' names, and undefined for those that must not exist. */
type Guess = ReadonlyMap<string, Row | undefined>;

/** Undefined when a row is not known, and may exist. */
function guessOf(process: ServiceProcess, loads: readonly Load[]): Guess | undefined {
  const guess = new Map<string, Row | undefined>();
  for (const { table, keys, fresh } of loads.filter(({ lock }) => lock)) {
    for (const key of keys) {
      const name = lockName(table.name, key);
      const known = process.known.get(name);
      if (known === undefined && !fresh.has(key)) return undefined;
      guess.set(name, known);
    }
  }
  return guess;
}

/** A batch without locks, as the store on PostgreSQL begins it when it knows the rows; undefined when it does not. */
export function beginOptimistically(
  process: ServiceProcess,
  database: SimulatedDatabase,
  environment: Environment,
  claims: readonly Claim[],
  loads: readonly Load[],
): Promise<OpenBatch> | undefined {
  const guess = process.guesses && !process.mustLock ? guessOf(process, loads) : undefined;
  process.mustLock = false;
  if (guess === undefined) return undefined;
  const names = claims.map(claimName);
  const existing = (rows: readonly (Row | undefined)[]) => rows.filter((row) => row !== undefined);
  const known = ({ table, keys }: Load) => existing(keys.map((key) => guess.get(lockName(table.name, key))));
  const read = ({ table, keys }: Load) => existing(keys.map((key) => database.table(table.name).get(key)));
  const open = (): OpenBatch => ({
    claimed: names.map(() => true),
    rows: loads.map((load) => (load.lock ? known(load) : read(load))),
    commit: (changes) => commit(process, database, environment, { names, guess, changes }),
    rollback: async () => undefined,
  });
  if (loads.every(({ lock }) => lock)) return Promise.resolve(open());
  return environment.calls.make({ process, kind: 'begin', about: () => names.join(' '), perform: open });
}

interface Commit {
  readonly names: readonly string[];
  readonly guess: Guess;
  readonly changes: Changes;
}

function commit(
  process: ServiceProcess,
  database: SimulatedDatabase,
  { calls, faults, choices, time, ledger }: Environment,
  { names, guess, changes }: Commit,
): Promise<void> {
  const transaction: Transaction = { locks: [], claims: names };
  const wrong = () =>
    changes.withdrawn.length > 0 ||
    names.some((name) => database.inbox.has(name)) ||
    changes.journal.some(({ event }) => database.journal.has(event.id)) ||
    !database.holds(guess);
  const apply = () => {
    database.apply(transaction, changes, time.now().getTime());
    ledger.committed(database, changes);
    faults.count('batch without locks');
  };
  return calls.make({
    process,
    kind: 'commit',
    about: () => names.join(' '),
    // Whoever has claimed or locked the same must end first.
    ready: () => process.alone || database.isFree([...names, ...guess.keys()]),
    perform: () => {
      if (wrong()) {
        process.mustLock = true;
        faults.count('wrong guess');
        throw new Conflict('The guess was wrong');
      }
      if (faults.strikes('commit lost')) throw away(process);
      apply();
      if (faults.strikes('answer to commit lost')) throw away(process);
      process.remember(changes);
    },
    abandon: () => {
      const happened = choices.pick(2) === 1 && !wrong() && database.isFree([...names, ...guess.keys()]);
      faults.count(happened ? 'crash after commit, before publish' : 'crash before commit');
      if (happened) apply();
    },
  });
}

/** With its connection a process loses what it knew. */
function away(process: ServiceProcess): Unavailable {
  process.known.clear();
  return new Unavailable('The simulated database is away');
}

/** The rows of a batch that has locked them. */
export function lockedRows(loads: readonly Load[], rows: readonly (readonly Row[])[]): [name: string, row: Row][] {
  const nameOf = ({ table }: Load, row: Row) => lockName(table.name, String(row[table.key]) satisfies Key);
  return loads.flatMap((load, index) =>
    load.lock ? (rows[index] ?? []).map((row): [string, Row] => [nameOf(load, row), row]) : [],
  );
}
