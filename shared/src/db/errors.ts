import { Permanent } from '../choreography/index.js';
import { Conflict, Unavailable } from '../pipeline/index.js';

/** What node-postgres and Node.js's sockets put on an error; `code` is an SQLSTATE or a system error. */
interface Coded {
  readonly message: string;
  readonly code?: unknown;
  readonly constraint?: unknown;
}

const NETWORK = /^(?:ECONN|ENET|EHOST|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT)/;
/** Errors that node-postgres and pg-pool make up themselves, without a code. */
const LOST = /^(?:Connection terminated|Query read timeout)/;
/** The same, when nothing has been sent. */
const NOT_SENT = /^(?:Client (?:has encountered|was closed)|timeout (?:expired|exceeded))/;
/** SQLSTATEs of a server that ends the session whatever it is doing: connection exceptions (08), shutdown and crash (57P). */
const CUT_OFF = /^(?:08...|57P..)$/;
/**
 * SQLSTATEs of a database that cannot work now and has done nothing: out of disk, memory or connections (53), a session ended for
 * idling (25P03), a standby met after a failover (25006) (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const AWAY = /^(?:53...|25P03|25006)$/;
/** unique_violation, deadlock_detected, serialization_failure. */
const IN_THE_WAY = /^(?:23505|40P01|40001)$/;
/** Data exceptions (22), not_null_violation, check_violation. */
const BAD_DATA = /^(?:22...|23502|23514)$/;

/** The connection was lost: what had been sent on it, the server may have carried out or not. */
export class ConnectionLost extends Unavailable {
  override readonly name = 'ConnectionLost';
}

/** By shape: Node.js's own errors are no `instanceof Error` inside a VM context, such as a test runner's. */
function isCoded(error: unknown): error is Coded {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

/** PostgreSQL quotes the offending value after a colon; it may be personal data and must not reach a log. */
const withoutValues = (message: string) => message.replace(/: ".*$/s, '');

/**
 * Says what a database error means to whoever asked: `Conflict`, `Unavailable`, `Permanent`, or the error as it is. The original is not
 * kept as the cause: its `detail` holds the values of the row.
 */
export function translate(error: unknown): unknown {
  if (!isCoded(error)) return error;
  const code = typeof error.code === 'string' ? error.code : '';
  const away = `The database is away: ${error.message} ${code}`.trimEnd();
  if (NOT_SENT.test(error.message) || AWAY.test(code)) return new Unavailable(away);
  if (NETWORK.test(code) || LOST.test(error.message) || CUT_OFF.test(code)) return new ConnectionLost(away);
  if (IN_THE_WAY.test(code))
    return new Conflict(`Another transaction was in the way (${code} ${String(error.constraint ?? '')})`);
  // Raised on purpose: see `update` in statements.ts.
  if (code === '22012') return new Error('A row to be updated is gone: somebody deleted it. Nothing was written.');
  if (BAD_DATA.test(code)) return new Permanent(`PostgreSQL refuses the data (${code}): ${withoutValues(error.message)}`);
  return error;
}
