import cors from 'cors';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express';
import type { Logger } from '../logging/index.js';
import { placeOf, reasonOf } from '../pipeline/index.js';
import type { Metrics, RequestTracing } from '../telemetry/index.js';
import { admission } from './admission.js';
import { Call } from './call.js';
import { apiDocument, commonRoutes } from './common-routes.js';
import type { ReadinessCheck, WorkKind } from './health.js';
import type { ApiInfo } from './openapi.js';
import { problem, problemOf } from './problem.js';
import type { Route } from './route.js';

export interface AppOptions<Context> {
  readonly info: ApiInfo;
  readonly routes: readonly Route<Context>[];
  /** What routes work with. */
  readonly context: Context;
  /** What an error that a route throws means: reading routes throw the database's own. Returns other errors as they are. */
  readonly translate: (error: unknown) => unknown;
  readonly checks: readonly ReadinessCheck[];
  /** The work without which the service is not ready. */
  readonly needed: readonly WorkKind[];
  readonly metrics: Metrics;
  readonly traces?: RequestTracing | undefined;
  readonly logger: Logger;
  /** Names and addresses that the service goes by, besides those of the loopback interface. */
  readonly hosts: readonly string[];
  /** Origins of pages that may read the answers and write: none unless they are named. */
  readonly origins?: readonly string[];
  /** How long a client may take to read an answer, in milliseconds. */
  readonly answerTimeout?: number;
}

const BODY_LIMIT = '64kb';
/** The content type has been checked before; compressed bodies are refused, so that 64 kB means 64 kB. */
const parseJson = express.json({ limit: BODY_LIMIT, type: () => true, inflate: false });

/** Headers that a page may read besides those that every page may; how long a browser keeps the answer to a preflight, in seconds. */
const CORS = { exposedHeaders: ['etag', 'location', 'retry-after', 'x-request-id'], maxAge: 600, preflightContinue: true };

function readBody(request: Request, response: Response): Promise<void> {
  const { 'content-type': type, 'transfer-encoding': chunked, 'content-length': length = '0' } = request.headers;
  if (chunked === undefined && length === '0') {
    request.body = {};
    return Promise.resolve();
  }
  if (type === undefined || !/^application\/json *(;|$)/i.test(type)) {
    return Promise.reject(problem('unsupported_media_type', 'Send the body as application/json'));
  }
  return new Promise((resolve, reject) => parseJson(request, response, (error?: unknown) => (error ? reject(error) : resolve())));
}

/** Routes by path, in the order in which express must try them: literal paths before those with parameters. */
function inOrder<Context>(routes: readonly Route<Context>[]): Map<string, Route<Context>[]> {
  const paths = new Map<string, Route<Context>[]>();
  // "{" sorts after every letter, digit and "-", so that /orders/summary comes before /orders/{orderId}.
  for (const route of routes.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  }
  return paths;
}

function allowedOn(routes: readonly Route<never>[]): string {
  const methods = routes.map(({ method }) => method.toUpperCase());
  return [...(methods.includes('GET') ? ['HEAD'] : []), ...methods, 'OPTIONS'].sort().join(', ');
}

/** The whole HTTP side of a service: one place that admits, one handler a route, one place that answers and one that fails. */
export function createApp<Context>(options: AppOptions<Context>): Express {
  const { info, routes, context, translate, logger, hosts, origins = [], answerTimeout } = options;
  const callOf = (request: Request, response: Response) => new Call(request, response, options, answerTimeout);

  function fail(call: Call, error: unknown): void {
    // The database's own words may quote what was sent: only those of the translation are logged, and of the original where it was.
    const meant = translate(error);
    const known = problemOf(error) ?? problemOf(meant);
    if (known === undefined) {
      const { stack } = placeOf(error);
      logger.error('a request failed', { requestId: call.requestId, route: call.route, reason: reasonOf(meant), stack });
    }
    call.problem(known ?? problem('internal_error', `Tell us the request id ${call.requestId}`));
  }

  function handler(route: Route<Context>): RequestHandler {
    return async (request, response) => {
      const call = callOf(request, response);
      call.route = route.path;
      try {
        if (route.body !== undefined) await readBody(request, response);
        else request.body = {};
        await route.run(call, context);
      } catch (error) {
        fail(call, error);
      }
    };
  }

  function otherMethods(all: readonly Route<Context>[]): RequestHandler {
    const allow = allowedOn(all);
    return (request, response) => {
      const call = callOf(request, response);
      if (request.method === 'OPTIONS') return call.empty(204, { allow });
      call.problem(problem('method_not_allowed', `${request.path} allows ${allow}`, { headers: { allow } }));
    };
  }

  const document = JSON.stringify(apiDocument(info, routes, options.needed));
  const common = commonRoutes(options, document);
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  // It only sets headers: our own routes answer a preflight, too.
  if (origins.length > 0) app.use(cors({ ...CORS, origin: [...origins] }));
  const refusal = admission(hosts, origins);
  app.use((request, response, next) => {
    const refused = refusal(request);
    if (refused === undefined) next();
    else callOf(request, response).problem(refused);
  });
  // Express tries one path after the other: the service's own, which are asked for most, come first.
  for (const [path, all] of [...inOrder(routes), ...inOrder<Context>(common)]) {
    const at = app.route(path.replace(/\{(\w+)\}/g, ':$1'));
    for (const route of all) at[route.method](handler(route));
    at.all(otherMethods(all));
  }
  app.use((request, response) => {
    callOf(request, response).problem(problem('not_found', `There is nothing at ${request.path}`));
  });
  // Express knows an error handler by its four parameters; only what express itself refuses gets here.
  const refusedByExpress: ErrorRequestHandler = (error, request, response, _next) => fail(callOf(request, response), error);
  app.use(refusedByExpress);
  return app;
}
