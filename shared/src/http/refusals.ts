import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ProblemCode, problem } from './problem.js';

/** What Node.js calls a request that it gives up (https://nodejs.org/api/http.html#event-clienterror). */
const CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const DETAILS: Partial<Record<ProblemCode, string>> = {
  malformed_request: 'This is no request in HTTP/1.1 that can be understood',
  headers_too_large: 'Send at most 16 kB of headers',
  request_timeout: 'Send the headers within 10 s and the whole request within 15 s',
  method_not_allowed: 'This is no proxy',
  expectation_failed: 'Expect nothing but 100-continue',
};

function documentOf(code: ProblemCode) {
  const refused = problem(code, DETAILS[code] ?? '');
  const { status } = refused.parts;
  const body = JSON.stringify(refused.document());
  const headers = { 'content-type': 'application/problem+json', 'content-length': Buffer.byteLength(body), connection: 'close' };
  return { status, headers, body };
}

/** Answers without a request to answer to, and closes. */
function refuse(socket: Duplex, code: ProblemCode): void {
  const { status, headers, body } = documentOf(code);
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('')}\r\n${body}`, () => socket.destroy());
}

/** Makes a server refuse with a problem document what never becomes a request of the app: Node.js itself answers without a body. */
export function refuseWithProblems(server: Server): void {
  const answering = new WeakMap<object, ServerResponse>();
  server.on('request', ({ socket }, response) => answering.set(socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = answering.get(socket);
    const halfSent = response?.headersSent === true && !response.writableFinished;
    if (!socket.writable || halfSent) return void socket.destroy();
    refuse(socket, CODES[error.code ?? ''] ?? 'malformed_request');
  });
  server.on('connect', (_request, socket) => refuse(socket, 'method_not_allowed'));
  server.on('checkExpectation', (_request, response) => {
    const { status, headers, body } = documentOf('expectation_failed');
    response.writeHead(status, headers).end(body);
  });
}
