import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { CloudEvent, EventContract } from './event.js';
import { withQuickLengths } from './quick-lengths.js';

/** One wrong field: a JSON Pointer (RFC 6901) into the document and what is wrong with it. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

const FORMATS = ['uuid', 'email', 'date-time'] as const;

/** The library's own format also takes `urn:uuid:`, which PostgreSQL does not. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Stops at the first error, and looks at sizes before anything else of a value. For events, where speed counts and one reason is enough
 * to park a message, and for requests, most of which have none.
 */
const first = withQuickLengths(addFormats(new Ajv({ strict: true, allErrors: false }), [...FORMATS]).addFormat('uuid', UUID));
/** Finds every wrong field, so that a client can mend all of them at once; it matches a pattern on a text that is too long, too. */
const every = addFormats(new Ajv({ strict: true, allErrors: true }), [...FORMATS]).addFormat('uuid', UUID);
/** Only looks at sizes, whatever has them. */
const sizes = new Ajv({ strict: true, strictTypes: false, allErrors: false });

/** RFC 3339. A pattern, as the format's check of leap seconds and month lengths costs more than all else in an event. */
const time = {
  type: 'string',
  maxLength: 64,
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$',
};
const text = { type: 'string', minLength: 1, maxLength: 256 };
const uuid = { type: 'string', format: 'uuid', maxLength: 36 };
/** Ids of causes and steps in a row. */
const longText = { type: 'string', maxLength: 512 };

/** The schema of a whole event on the wire: envelope and data. Unknown attributes are allowed, as CloudEvents demands. */
export function eventSchema(contract: EventContract): Record<string, unknown> {
  return {
    type: 'object',
    required: ['specversion', 'id', 'type', 'source', 'subject', 'time', 'data', 'correlationid', 'causationid'],
    properties: {
      specversion: { const: '1.0' },
      id: uuid,
      type: { const: contract.type },
      source: text,
      subject: text,
      time,
      datacontenttype: { const: 'application/json' },
      dataschema: longText,
      dataversion: { type: 'string', maxLength: 16, pattern: `^${contract.dataversion.split('.')[0]}\\.\\d+$` },
      correlationid: text,
      causationid: text,
      tenantid: { type: 'string', maxLength: 256 },
      idempotencykey: longText,
      traceparent: { type: 'string', maxLength: 256 },
      data: contract.schema,
    },
  };
}

const NO_NUL = '^[^\\u0000]*$';
const BEGINS_WITH_A_DATE = '^\\d{4}-\\d\\d-\\d\\d';

/** A pattern in words, where it has some. */
function patternError(pattern: unknown, message: string): string {
  if (pattern === NO_NUL) return 'has a NUL character in it';
  if (String(pattern).startsWith(BEGINS_WITH_A_DATE)) return 'must be a time as in RFC 3339: 2026-01-31T12:00:00Z';
  return message;
}

/** A union of constants fails once for each and once as a whole: all of it is told as one error that lists them. */
function withoutUnions(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const isBranch = ({ keyword, schemaPath }: ErrorObject) => keyword === 'const' && /\/anyOf\/\d+\/const$/.test(schemaPath);
  const branches = errors.filter(isBranch);
  return errors
    .filter((each) => !isBranch(each))
    .map((error) => {
      const own = branches.filter(({ instancePath }) => error.keyword === 'anyOf' && instancePath === error.instancePath);
      if (own.length === 0) return error;
      return { ...error, message: `must be one of ${own.map(({ params }) => params.allowedValue).join(', ')}` };
    });
}

function fieldErrors(errors: readonly ErrorObject[] | null | undefined): FieldError[] {
  return withoutUnions(errors ?? []).map((error) => {
    const { missingProperty, additionalProperty } = error.params as { missingProperty?: string; additionalProperty?: string };
    const property = missingProperty ?? additionalProperty;
    const pointer =
      property === undefined ? error.instancePath : `${error.instancePath}/${property.replace(/~/g, '~0').replace(/\//g, '~1')}`;
    if (missingProperty !== undefined) return { pointer, detail: 'is missing' };
    if (additionalProperty !== undefined) return { pointer, detail: 'is not a known field' };
    if (error.keyword === 'enum') return { pointer, detail: 'is not one of the allowed values' };
    const detail = error.message ?? 'is wrong';
    return { pointer, detail: error.keyword === 'pattern' ? patternError(error.params.pattern, detail) : detail };
  });
}

/** Each is made once, and forgotten with what it is made of. */
function once<Key extends object, Value>(make: (of: Key) => Value): (of: Key) => Value {
  const made = new WeakMap<Key, Value>();
  return (of) => {
    const known = made.get(of);
    if (known !== undefined) return known;
    const value = make(of);
    made.set(of, value);
    return value;
  };
}

/** What a schema says of sizes, and nothing else. */
function sizesOf({ maxLength, maxItems, properties, items }: TSchema): Record<string, unknown> {
  return {
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(maxItems === undefined ? {} : { maxItems }),
    ...(items === undefined ? {} : { items: sizesOf(items) }),
    ...(properties === undefined ? {} : { properties: mapped(properties) }),
  };
}

function mapped(properties: Readonly<Record<string, TSchema>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, sizesOf(each)]));
}

const sizeCheck = once((schema: TSchema) => sizes.compile(sizesOf(schema)));

/**
 * Compiles a schema once; the result lists every wrong field of a value, empty when there is none. What is too large is named alone: it
 * is not looked into, so that the work is bounded by the schema.
 */
export function validator(schema: TSchema): (value: unknown) => FieldError[] {
  const isRight = first.compile(schema);
  const fits = sizeCheck(schema);
  const check = every.compile(schema);
  return (value) => {
    if (isRight(value)) return [];
    if (!fits(value)) return fieldErrors(fits.errors);
    check(value);
    return fieldErrors(check.errors);
  };
}

const eventCheck = once((contract: EventContract) => first.compile<CloudEvent>(eventSchema(contract)));
const dataCheck = once((contract: EventContract) => first.compile(contract.schema));

/** The first thing wrong with the data of an event that is about to be made, or undefined. */
export function dataError(contract: EventContract, data: unknown): FieldError | undefined {
  const check = dataCheck(contract);
  return check(data) ? undefined : fieldErrors(check.errors)[0];
}

export type CheckedEvent = { readonly ok: true; readonly event: CloudEvent } | { readonly ok: false; readonly error: FieldError };

/** Checks a value against an event's contract: the event, or the first thing that is wrong with it. Compiled once. */
export function checkEvent(contract: EventContract, value: unknown): CheckedEvent {
  const check = eventCheck(contract);
  if (check(value)) return { ok: true, event: value };
  return { ok: false, error: fieldErrors(check.errors)[0] ?? { pointer: '', detail: 'is wrong' } };
}
