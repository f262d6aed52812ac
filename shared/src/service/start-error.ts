import { types } from 'node:util';
import { ConfigError, type ServiceConfig } from '../config/index.js';
import { BrokerRefused } from '../messaging/index.js';
import { reasonOf } from '../pipeline/index.js';

/** The service cannot start, for a reason outside the program; the message says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** A failed start that needs no stack trace. */
export function isExplained(error: unknown): error is Error {
  return error instanceof StartError || error instanceof ConfigError || error instanceof BrokerRefused;
}

function codeOf(error: unknown): string {
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Host and port of a URL, never its user and password. */
function addressOf(url: string, port: string): string {
  const { hostname, port: given } = new URL(url);
  return `${hostname}:${given || port}`;
}

/** invalid_authorization_specification, invalid_password (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const LOGIN_REFUSED = ['28000', '28P01'];
const UNREACHABLE = /^(?:ECONN|ENET|EHOST|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|57P)/;

/** Says what to do about a database that cannot be opened. */
export function explainDatabase(error: unknown, { postgresUrl }: Pick<ServiceConfig, 'postgresUrl'>): StartError {
  const server = `PostgreSQL at ${addressOf(postgresUrl, '5432')}`;
  const code = codeOf(error);
  if (LOGIN_REFUSED.includes(code)) {
    const user = decodeURIComponent(new URL(postgresUrl).username);
    return new StartError(`${server} refuses user "${user}": check user and password in POSTGRES_URL`);
  }
  if (UNREACHABLE.test(code) || /timeout|terminated/i.test(reasonOf(error)))
    return new StartError(`${server} cannot be reached (${code || reasonOf(error)}): start it, or set POSTGRES_URL right`);
  return new StartError(`${server} cannot be used: ${reasonOf(error)}`);
}

/** Says what to do about a port that cannot be listened on. */
export function explainPort(error: unknown, { host, port }: Pick<ServiceConfig, 'host' | 'port'>): unknown {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new StartError(`Port ${port} on ${host} is taken: stop what listens there, or set PORT to another one`);
    case 'EACCES':
      return new StartError(`Port ${port} may not be listened on by this user: set PORT to one above 1023`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartError(`${host} is no address of this machine: set HOST to one, or to 0.0.0.0 for all`);
    default:
      return error;
  }
}
