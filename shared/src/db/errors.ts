import { Permanent } from '../choreography/index.js';
import { Busy, Conflict, Unavailable } from '../pipeline/index.js';

/** What node-postgres and Node.js's sockets put on an error; `code` is an SQLSTATE or a system error. */
interface Coded {
  readonly message: string;
  readonly code?: unknown;
  readonly constraint?: unknown;
  /** The server's function that has raised it. */
  readonly routine?: unknown;
}

const NETWORK = /^(?:ECONN|ENET|EHOST|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT)/;
/** Errors that node-postgres and pg-pool make up themselves, without a code. */
const LOST = /^(?:Connection terminated|Client (?:has encountered|was closed)|timeout (?:expired|exceeded)|Query read timeout)/;
/**
 * SQLSTATEs of a database that is away or cannot work now: connection exceptions (08), out of disk, memory or connections (53),
 * shutdown, crash and start-up (57P), a session ended for idling (25P03), a standby met after a failover (25006)
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const AWAY = /^(?:08...|53...|57P..|25P03|25006)$/;
/** Those of them with which a server that is there refuses a statement, and with it the transaction. */
const REFUSED = /^(?:53...|25006)$/;
/** lock_not_available; query_canceled, which here is always a timeout. */
const SLOW = /^(?:55P03|57014)$/;
/**
 * "Cached plan must not change result type": a migration has changed a column that a prepared statement answers with. It is prepared anew
 * when the batch is replayed. The code says as little as "not supported", and the text comes in the server's language.
 */
const PLAN_OUTDATED = 'RevalidateCachedQuery';
/** unique_violation, deadlock_detected, serialization_failure. */
const IN_THE_WAY = /^(?:23505|40P01|40001)$/;
/** Data exceptions (22), not_null_violation, check_violation. */
const BAD_DATA = /^(?:22...|23502|23514)$/;

/** By shape: Node.js's own errors are no `instanceof Error` inside a VM context, such as a test runner's. */
function isCoded(error: unknown): error is Coded {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

/** PostgreSQL quotes the offending value after a colon; it may be personal data and must not reach a log. */
const withoutValues = (message: string) => message.replace(/: ".*$/s, '');

/**
 * Says what a database error means to whoever asked: `Conflict`, `Busy`, `Unavailable`, `Permanent`, or the error as it is. The original
 * is not kept as the cause: its `detail` holds the values of the row.
 */
export function translate(error: unknown): unknown {
  if (!isCoded(error)) return error;
  const code = typeof error.code === 'string' ? error.code : '';
  if (NETWORK.test(code) || LOST.test(error.message) || AWAY.test(code)) {
    return new Unavailable(`The database is away: ${error.message} ${code}`.trimEnd());
  }
  if (SLOW.test(code)) return new Busy(`The database took too long (${code}): ${error.message}`);
  if (code === '0A000' && error.routine === PLAN_OUTDATED) return new Conflict(`A table has changed (${code}): ${error.message}`);
  if (IN_THE_WAY.test(code))
    return new Conflict(`Another transaction was in the way (${code} ${String(error.constraint ?? '')})`);
  // Raised on purpose: see `update` in statements.ts.
  if (code === '22012') return new Error('A row to be updated is gone: somebody deleted it. Nothing was written.');
  if (BAD_DATA.test(code)) return new Permanent(`PostgreSQL refuses the data (${code}): ${withoutValues(error.message)}`);
  return error;
}

/** Whether the server itself has said no: a transaction to which this happens is known not to be committed. */
export function refused(error: unknown): boolean {
  return isCoded(error) && typeof error.code === 'string' && REFUSED.test(error.code);
}
