import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MessageClasses } from './express-messages.js';
import { refuseWithProblems } from './refusals.js';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Connections at most, each of which may hold a request of 64 kB; more are closed as they come. */
  readonly connectionLimit?: number;
  /** Milliseconds from a connection's first byte, or the end of the request before. */
  readonly headersTimeout?: number;
  readonly requestTimeout?: number;
}

export interface HttpServer {
  /** `http://host:port`, with the port that it got. */
  readonly url: string;
  /** Stops accepting, lets running requests finish and closes connections as they fall idle. Resolves when all are closed. */
  close(): Promise<void>;
  /** Breaks what `close` is still waiting for. */
  abort(): void;
}

/** Longer than the idle time of common load balancers (60 s), which must be the ones to close. Milliseconds. */
const KEEP_ALIVE = 65_000;
/** Slow clients must not hold connections: headers within 10 s, the whole request within 15 s. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 15_000;
/** Node.js looks for overdue requests every 30 s unless told otherwise, whatever the timeouts say. */
const OVERDUE_CHECK = 1_000;
const MAX_HEADER_SIZE = 16_384;
const CONNECTION_LIMIT = 2_000;
const IDLE_CHECK = 25;

function addressOf(server: Server, host: string): string {
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function close(server: Server): Promise<void> {
  // A client that keeps its connection busy would keep it open for ever.
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK);
    server.close(() => {
      clearInterval(idle);
      resolve();
    });
  });
}

/**
 * Serves an app over HTTP/1.1.
 *
 * @param classes of requests and responses, for an app that wants others than Node.js makes
 * @throws the error of `listen`: `EADDRINUSE` when the port is taken, `EACCES`, `EADDRNOTAVAIL`
 */
export function listen(app: RequestListener, options: ListenOptions, classes: MessageClasses = {}): Promise<HttpServer> {
  const { host, port, connectionLimit = CONNECTION_LIMIT } = options;
  const { headersTimeout = HEADERS_TIMEOUT, requestTimeout = REQUEST_TIMEOUT } = options;
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE,
    headersTimeout,
    requestTimeout,
    connectionsCheckingInterval: OVERDUE_CHECK,
    maxHeaderSize: MAX_HEADER_SIZE,
    // The app answers a request without one, with a problem.
    requireHostHeader: false,
    ...classes,
  });
  server.maxConnections = connectionLimit;
  refuseWithProblems(server);
  server.on('request', app);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve({ url: addressOf(server, host), close: () => close(server), abort: () => server.closeAllConnections() });
    });
  });
}
