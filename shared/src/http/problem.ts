import type { FieldError } from '../events/index.js';
import { Busy, Conflict, type Refusal, Unavailable } from '../pipeline/index.js';

/** Every problem that the kit itself answers with; commands add their own codes to 404, 409, 412 and 422. */
export const problems = {
  malformed_request: { status: 400, title: 'Malformed request' },
  malformed_json: { status: 400, title: 'The body is not JSON' },
  unauthorized: { status: 401, title: 'Not authenticated' },
  forbidden: { status: 403, title: 'Not permitted' },
  cross_site_request: { status: 403, title: 'Write from a page of another site' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'Request timed out' },
  conflict: { status: 409, title: 'Not possible in the current state' },
  precondition_failed: { status: 412, title: 'Precondition failed' },
  body_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  misdirected_request: { status: 421, title: 'Not a host name of this service' },
  invalid_request: { status: 422, title: 'Invalid request' },
  expectation_failed: { status: 417, title: 'Expectation not supported' },
  headers_too_large: { status: 431, title: 'Headers too large' },
  internal_error: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Service unavailable' },
  outcome_unknown: { status: 503, title: 'Unknown whether the request was carried out' },
} as const;

export type ProblemCode = keyof typeof problems;

/** RFC 9457 problem details (https://www.rfc-editor.org/rfc/rfc9457) with a stable `code` for programs. */
export interface ProblemDocument {
  /** `urn:quickstep:problem:<code>` */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** The path that was asked for. */
  readonly instance?: string;
  /** What is wrong with which field; of many some, and how many more there are. */
  readonly errors?: readonly FieldError[];
  /** What to GET to find out what became of the request. */
  readonly checkAt?: string;
}

interface ProblemParts {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly errors?: readonly FieldError[];
  readonly checkAt?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client that has mended twenty fields may ask again; an answer must not be many times as large as its request. */
const ERRORS_LISTED = 20;
const POINTER_LENGTH = 200;
/** What is left of a surrogate pair that was cut in two. */
const HALF_A_PAIR = /[\ud800-\udbff]$/;

function someOf(errors: readonly FieldError[]): FieldError[] {
  const listed = errors.slice(0, ERRORS_LISTED).map(({ pointer, detail }) => {
    const shown = pointer.length > POINTER_LENGTH ? `${pointer.slice(0, POINTER_LENGTH).replace(HALF_A_PAIR, '')}…` : pointer;
    return { pointer: shown, detail };
  });
  const more = errors.length - listed.length;
  return more === 0 ? listed : [...listed, { pointer: '', detail: `${more} more errors are not listed` }];
}

/** Thrown by a route to answer with a problem. Its message is the `detail`, and clients read it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly parts: ProblemParts;

  constructor(detail: string, parts: ProblemParts) {
    super(detail);
    this.parts = parts;
  }

  /** @param instance the path that was asked for, when there is one */
  document(instance?: string): ProblemDocument {
    const { status, title, code, errors, checkAt } = this.parts;
    const type = `urn:quickstep:problem:${code}`;
    const named = errors === undefined ? {} : { errors: someOf(errors) };
    return {
      type,
      title,
      status,
      code,
      detail: this.message,
      ...(instance === undefined ? {} : { instance }),
      ...named,
      ...(checkAt === undefined ? {} : { checkAt }),
    };
  }
}

/** A problem of the kit's own kinds. */
export function problem(
  code: ProblemCode,
  detail: string,
  more: Pick<ProblemParts, 'errors' | 'headers' | 'checkAt'> = {},
): Problem {
  return new Problem(detail, { ...problems[code], code, ...more });
}

/** What reading routes throw when there is nothing under the key. */
export function notFound(what: string): Problem {
  return problem('not_found', `There is no ${what}`);
}

export function invalid(errors: readonly FieldError[], detail = 'Some fields are wrong; each is named in errors'): Problem {
  return problem('invalid_request', detail, { errors });
}

/**
 * The connection to the database was lost while the command was being committed. Only a repetition under the same key is safe, so
 * nothing but that is invited by `Retry-After`.
 */
export function outcomeUnknown(checkAt: string, idempotencyKey: string | undefined): Problem {
  if (idempotencyKey !== undefined) {
    const detail = 'Repeat the request with the same Idempotency-Key: it is carried out once, however often it is sent';
    return problem('outcome_unknown', detail, { checkAt, headers: { 'retry-after': '1' } });
  }
  const detail = `Look whether it was carried out (GET ${checkAt}) before you repeat the request; with an Idempotency-Key it could be repeated safely`;
  return problem('outcome_unknown', detail, { checkAt });
}

const KINDS = {
  invalid: 'invalid_request',
  'not-found': 'not_found',
  conflict: 'conflict',
  precondition: 'precondition_failed',
} as const;

/** A command that was refused, with the code that its step gave. */
export function problemOfRefusal({ kind, code, detail, errors }: Refusal): Problem {
  return new Problem(detail, { ...problems[KINDS[kind]], code, ...(errors === undefined ? {} : { errors }) });
}

/** Types of body-parser's errors (https://github.com/expressjs/body-parser#errors). */
const BODY_ERRORS: Readonly<Record<string, ProblemCode>> = {
  'entity.parse.failed': 'malformed_json',
  'entity.too.large': 'body_too_large',
  'charset.unsupported': 'unsupported_media_type',
  'encoding.unsupported': 'unsupported_media_type',
};

const DETAILS: Partial<Record<ProblemCode, string>> = {
  malformed_json: 'Send a JSON object in UTF-8',
  body_too_large: 'Send at most 64 kB',
  unsupported_media_type: 'Send application/json in UTF-8, not compressed',
};

function fromExpress(error: Error): Problem | undefined {
  const code = 'type' in error && typeof error.type === 'string' ? BODY_ERRORS[error.type] : undefined;
  if (code !== undefined) return problem(code, DETAILS[code] ?? problems[code].title);
  const refusedByExpress = 'status' in error && typeof error.status === 'number' && error.status >= 400 && error.status < 500;
  return refusedByExpress ? problem('malformed_request', 'The path or the body cannot be read') : undefined;
}

/** The problem to answer an error with; undefined when it is nobody's fault but ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof Unavailable || error instanceof Conflict || error instanceof Busy) {
    return problem('unavailable', 'Try again shortly', { headers: { 'retry-after': '1' } });
  }
  return error instanceof Error ? fromExpress(error) : undefined;
}
