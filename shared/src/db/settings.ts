/**
 * A prepared statement is planned while its table may still be small and unanalysed, and keeps that plan while the table grows:
 * a sequential scan or a hash join chosen on the first day would cost every batch until autovacuum analyses the table. Every
 * statement of the kit finds its rows by index, so nothing else is allowed to be planned. Left to choose
 * (https://www.postgresql.org/docs/current/sql-prepare.html), the server plans what loads or deletes a few rows anew each time, as a plan
 * for an array of unknown length looks dearer: that is a quarter of its work for a batch of one.
 */
const PLANNING = [
  'set plan_cache_mode = force_generic_plan',
  'set enable_seqscan = off',
  'set enable_hashjoin = off',
  'set enable_mergejoin = off',
  'set jit = off',
];

/**
 * What the promise rests on is set here: a server, database or role may be set otherwise. Who waits for a lock has to stop long before
 * the broker takes its deliveries back; the wait is longer than `deadlock_timeout` (1 s), so that a deadlock is told as one. A process
 * that vanishes between loading and writing must not keep its locks for as long as TCP takes to notice (two hours).
 */
const SETTINGS = [
  ...PLANNING,
  "set default_transaction_isolation = 'read committed'",
  "set lock_timeout = '1500ms'",
  "set statement_timeout = '30s'",
  "set idle_in_transaction_session_timeout = '30s'",
];

/** A commit is answered when it is on disk, or not (https://www.postgresql.org/docs/current/wal-async-commit.html). */
export const DURABLE = [...SETTINGS, 'set synchronous_commit = on'];
export const WITHOUT_WAITING = [...SETTINGS, 'set synchronous_commit = off'];
