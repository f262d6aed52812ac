import type { Static, TObject, TSchema } from '@sinclair/typebox';
import type { DataSource } from 'typeorm';
import type { Call } from './call.js';
import { paramsChecker, queryChecker } from './input.js';
import { etag } from './precondition.js';
import { problem, problems } from './problem.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** How an operation can be refused, for the document. */
export interface DeclaredProblem {
  readonly status: number;
  readonly code: string;
  readonly when: string;
}

/** Everything that is said about a route: the OpenAPI document and the checks of requests both come from it. */
export interface Operation {
  readonly method: Method;
  /** OpenAPI's notation: `/orders/{orderId}`. */
  readonly path: string;
  readonly summary: string;
  /** What programs call it; made of method and path when it has none. */
  readonly operationId?: string;
  readonly params?: TObject | undefined;
  readonly query?: TObject | undefined;
  readonly headers?: TObject | undefined;
  readonly body?: TObject | undefined;
  readonly response: {
    readonly status: number;
    readonly description: string;
    readonly schema: TSchema;
    /** Default `application/json`. */
    readonly contentType?: string;
    /** Headers of the answer and what they say. */
    readonly headers?: Readonly<Record<string, string>> | undefined;
    /** Answered 201 instead, with the same body, when something new was made. */
    readonly creates?: boolean;
  };
  readonly problems?: readonly DeclaredProblem[];
}

/** A route: what is said about it, and what it does with a call (answer it, or throw). */
export interface Route<in Context> extends Operation {
  readonly run: (call: Call, context: Context) => void | Promise<void>;
}

/** What reading routes read from. */
export interface ReadContext {
  readonly dataSource: DataSource;
}

export interface ReadDeclaration<View extends TSchema, Params extends TObject, Query extends TObject> {
  readonly path: string;
  readonly summary: string;
  /** The names in the path. */
  readonly params?: Params;
  readonly query?: Query;
  /** What is answered. */
  readonly view: View;
  /** Of what is answered; becomes `ETag`, which a command on it takes as `If-Match`. */
  version?(view: Static<View>): number;
  /** Undefined is answered 404. */
  find(
    input: { readonly params: Static<Params>; readonly query: Static<Query> },
    context: ReadContext,
  ): Promise<Static<View> | undefined>;
}

/** What is said of the header. */
export const ETAG = 'Its version, for `If-Match`';

type Empty = TObject<Record<never, never>>;

/** The parameters that a path names, in order. */
export function parameterNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
}

/** An unknown field is a misspelt one: better refused than ignored. */
function closed<S extends TObject>(schema: S | undefined): S | undefined {
  return schema && { ...schema, additionalProperties: false };
}

/**
 * Declares a route that reads.
 *
 * @throws TypeError when the path and the schema do not name the same parameters
 */
export function read<View extends TSchema, Params extends TObject = Empty, Query extends TObject = Empty>(
  declared: ReadDeclaration<View, Params, Query>,
): Route<ReadContext> {
  const { path, summary, view } = declared;
  const params = closed(declared.params);
  const query = closed(declared.query);
  const named = Object.keys(params?.properties ?? {});
  if (named.sort().join() !== parameterNames(path).sort().join())
    throw new TypeError(`Route ${path}: its schema names the parameters "${named.join(', ')}"`);
  const checkParams = paramsChecker(params);
  const checkQuery = queryChecker(query);
  return {
    method: 'get',
    path,
    summary,
    params,
    query,
    response: { status: 200, description: 'What was asked for', schema: view, headers: declared.version && { etag: ETAG } },
    problems: [{ status: problems.unavailable.status, code: 'unavailable', when: problems.unavailable.title }],
    async run(call, context) {
      const input = { params: checkParams(call.request), query: checkQuery(call.request) };
      const found = await declared.find(input, context);
      if (found === undefined) throw problem('not_found', `There is nothing at ${call.request.path}`);
      call.json(200, found, declared.version && etag(declared.version(found)));
    },
  };
}
