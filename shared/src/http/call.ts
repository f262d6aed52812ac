import type { Writable } from 'node:stream';
import type { Request, Response } from 'express';
import { v7 as newId } from 'uuid';
import type { Metrics, RequestSpan, RequestTracing } from '../telemetry/index.js';
import type { Problem } from './problem.js';

/** What may become a header and a field in logs: no more than a token. */
const REQUEST_ID = /^[\w.:-]{1,100}$/;
/** W3C Trace Context, level 1; all zeros are invalid (https://www.w3.org/TR/trace-context/#traceparent-header). */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const NO_ROUTE = 'none';
const ANSWER_TIMEOUT = 30_000;

/** Answers are of the moment, for programs: nothing to sniff, frame or keep. */
const HEADERS_OF_ALL = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;
const HEADERS = { 'content-type': 'application/json', ...HEADERS_OF_ALL } as const;

/** Who is told of calls. */
export interface Telemetry {
  readonly metrics?: Metrics | undefined;
  readonly traces?: RequestTracing | undefined;
}

export type Headers = Readonly<Record<string, string>>;

/** One request and its answer: the single place that answers, so that every answer carries the same headers and is counted. */
export class Call {
  readonly request: Request;
  /** Correlates: what the client calls its request, or else one of our own. It never identifies work. */
  readonly requestId: string;
  readonly #response: Response;
  readonly #telemetry: Telemetry;
  readonly #answerTimeout: number;
  readonly #since = performance.now();
  /** The pattern of the route that took the call. */
  route = NO_ROUTE;
  #span: RequestSpan | undefined;
  #begun = false;

  /** @param answerTimeout how long the client may take to read the answer, in milliseconds */
  constructor(request: Request, response: Response, telemetry: Telemetry = {}, answerTimeout = ANSWER_TIMEOUT) {
    this.request = request;
    this.#response = response;
    this.#telemetry = telemetry;
    this.#answerTimeout = answerTimeout;
    const given = request.headers['x-request-id'];
    this.requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : newId();
  }

  /**
   * The trace context of what the call leads to: of its own span if it is recorded, else what a caller sent that is valid.
   *
   * @param about names the trace when the caller has none
   */
  traceIn(about: { readonly subject: string; readonly id: string }): string | undefined {
    this.#begin(about);
    return this.#span?.traceparent ?? this.#given;
  }

  get #given(): string | undefined {
    const given = this.request.headers.traceparent;
    return typeof given === 'string' && TRACEPARENT.test(given) ? given : undefined;
  }

  #begin(about?: { readonly subject: string; readonly id: string }): void {
    const { traces } = this.#telemetry;
    if (this.#begun || traces === undefined || this.route === NO_ROUTE) return;
    this.#begun = true;
    const { method, path } = this.request;
    const { route } = this;
    const known = about === undefined ? {} : { about };
    this.#span = traces.request({ method, route, path, parent: this.#given, since: this.#since, ...known });
  }

  json(status: number, body: unknown, headers?: Headers): void {
    this.text(status, JSON.stringify(body), headers);
  }

  problem(given: Problem): void {
    const { status, headers } = given.parts;
    const instance = this.request.path;
    this.json(status, given.document(instance), { ...headers, 'content-type': 'application/problem+json' });
  }

  /** For answers that have no body by definition (204). */
  empty(status: number, headers: Headers): void {
    this.#response.writeHead(status, { ...HEADERS_OF_ALL, ...headers, 'x-request-id': this.requestId }).end();
    this.#answered(status);
  }

  /**
   * Begins an answer that is written bit by bit. Whoever writes heeds what `write` returns, so that a slow reader takes no memory, and
   * ends it when the service stops.
   */
  stream(status: number, headers: Headers): Writable {
    this.#response.writeHead(status, { ...HEADERS, ...headers, 'x-request-id': this.requestId });
    this.#response.flushHeaders();
    this.#answered(status);
    return this.#response;
  }

  /** Answers, unless the call has been answered already: a route that fails after its answer must not end the process. */
  text(status: number, body: string, headers?: Headers): void {
    if (this.#response.headersSent) return;
    const length = String(Buffer.byteLength(body));
    this.#response.writeHead(status, { ...HEADERS, ...headers, 'x-request-id': this.requestId, 'content-length': length });
    this.#response.end(body);
    if (!this.#response.writableFinished) this.#expectReader();
    this.#answered(status);
  }

  #answered(status: number): void {
    this.#telemetry.metrics?.request(this.request.method, this.route, status, (performance.now() - this.#since) / 1000);
    this.#begin();
    this.#span?.end(status);
  }

  /** The answer did not fit into the socket's buffers: whoever does not read it must not keep it in memory. */
  #expectReader(): void {
    const { socket } = this.request;
    const overdue = setTimeout(() => socket.destroy(), this.#answerTimeout).unref();
    this.#response.once('close', () => clearTimeout(overdue));
  }
}
