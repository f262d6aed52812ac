import { KindGuard, type Static, type TObject, type TSchema, Type } from '@sinclair/typebox';
import { v7 as newId } from 'uuid';
import type { Choreography, CommandStepDeclaration, Implementation, ReplyOf } from '../choreography/index.js';
import type { CommandContract } from '../events/index.js';
import { OutcomeUnknown, type Pipeline } from '../pipeline/index.js';
import type { Call, Headers } from './call.js';
import { paramsChecker, subjectChecker } from './input.js';
import { keyedId } from './keyed-id.js';
import { etag, expectedVersions } from './precondition.js';
import { invalid, outcomeUnknown, problemOfRefusal, problems } from './problem.js';
import { type DeclaredProblem, ETAG, type Method, parameterNames, type Route } from './route.js';
import { named } from './view.js';

/** What command routes need: the pipeline of their implementation. */
export interface CommandRouteContext<I extends Implementation> {
  readonly pipeline: Pipeline<I>;
  /** Shared by the service's replicas: what makes ids of idempotency keys. */
  readonly idempotencySecret: Uint8Array;
}

type CommandName<I extends Implementation> = Parameters<Pipeline<I>['execute']>[0];

export interface CommandDeclaration<Reply, View extends TSchema> {
  readonly method: Exclude<Method, 'get'>;
  /** What it names, if anything, is what the command is about. */
  readonly path: string;
  /** The name in the path. */
  readonly params?: TObject;
  /** Of the answer when the command was carried out. */
  readonly status: number;
  /** Answered 201 instead when this holds: a `PUT` can create. */
  createdBy?(reply: Reply): boolean;
  readonly view: View;
  /** Makes the answer of the step's reply. */
  respond(reply: Reply): Static<View>;
  /** Where the thing can be read; becomes `Location`. */
  location?(reply: Reply): string;
  /** What to GET to find out whether a command was carried out that ended with the connection to the database. */
  checkAt(subject: string): string;
  /**
   * Takes the client's `Idempotency-Key` (https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header), and says what a
   * repetition is answered with.
   */
  readonly repetition?: string;
  /** Of what is answered; becomes `ETag`. The command then takes the client's `If-Match`, and its step looks at it (`isExpected`). */
  version?(view: Static<View>): number;
}

/** Until callers are told apart. */
const CALLER = 'default';
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
const STATUS = {
  invalid: problems.invalid_request.status,
  'not-found': problems.not_found.status,
  conflict: problems.conflict.status,
  precondition: problems.precondition_failed.status,
};

const IF_MATCH = Type.String({ description: 'The `ETag` of what is to be changed: refused if it has changed since' });

function idempotencyKey(repetition: string): TSchema {
  const description = `Chosen by the client, a new one (UUID) for each piece of work. A request that is repeated under its key is carried out once; the repetition is answered with ${repetition}. Another request under the key is refused`;
  return Type.String({ pattern: IDEMPOTENCY_KEY.source, description });
}

function headersOf(repetition: string | undefined, versioned: boolean): TObject | undefined {
  if (repetition === undefined && !versioned) return undefined;
  return Type.Object({
    ...(repetition === undefined ? {} : { 'Idempotency-Key': Type.Optional(idempotencyKey(repetition)) }),
    ...(versioned ? { 'If-Match': Type.Optional(IF_MATCH) } : {}),
  });
}

function idempotencyKeyOf(call: Call): string | undefined {
  const given = call.request.headers['idempotency-key'];
  if (given === undefined || (typeof given === 'string' && IDEMPOTENCY_KEY.test(given))) return given;
  throw invalid([{ pointer: '', detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters' }], 'A header is wrong');
}

function declarationOf(choreography: Choreography, name: string): CommandStepDeclaration {
  const declared = choreography.steps[name];
  if (declared?.kind !== 'command')
    throw new TypeError(`${choreography.service}: "${name}" is no command; a command route needs one`);
  return declared;
}

function contractOf({ command }: CommandStepDeclaration, name: string): CommandContract<TObject> {
  const { schema, description } = command;
  if (!KindGuard.IsObject(schema)) throw new TypeError(`The fields of command "${name}" must be those of an object`);
  return { schema, description };
}

function refusalsOf({ refusals = {} }: CommandStepDeclaration): DeclaredProblem[] {
  return Object.entries(refusals).map(([code, { kind, when }]) => ({ status: STATUS[kind], code, when }));
}

/**
 * Command routes of a service: their fields come from the commands' contracts, their replies from the steps (by type only, so that
 * the routes and their document need no running service).
 *
 *     const command = commandRoutes<typeof inventorySteps>(inventory);
 *     command('adjustStock', { method: 'post', path: '/inventory/{sku}/adjustments', params, status: 200, view: Item, respond: itemView })
 */
export function commandRoutes<I extends Implementation>(choreography: I['choreography']) {
  /** @throws TypeError when the path and the schema do not name the same, or the name is that of no command */
  return function command<Name extends CommandName<I>, View extends TSchema>(
    name: Name,
    declared: CommandDeclaration<ReplyOf<I['steps'][Name]>, View>,
  ): Route<CommandRouteContext<I>> {
    const { method, path, params, status, view, repetition } = declared;
    const step = declarationOf(choreography, name);
    const { schema, description } = contractOf(step, name);
    const names = parameterNames(path);
    if (names.length > 1 || names.join() !== Object.keys(params?.properties ?? {}).join())
      throw new TypeError(`Route ${path}: a command's path has one name at most, and its schema the same`);
    const checkParams = declared.createdBy === undefined ? paramsChecker(params) : subjectChecker(params);
    const versioned = declared.version !== undefined;
    const headers = {
      ...(declared.location === undefined ? {} : { location: 'Where it can be read' }),
      ...(versioned ? { etag: ETAG } : {}),
    };
    return {
      method,
      path,
      summary: description,
      operationId: name,
      params,
      headers: headersOf(repetition, versioned),
      body: named(`${name.charAt(0).toUpperCase()}${name.slice(1)}`, schema),
      response: {
        status,
        description: 'Carried out; what follows from it is on its way',
        schema: view,
        headers,
        creates: declared.createdBy !== undefined,
      },
      problems: refusalsOf(step),
      async run(call, { pipeline, idempotencySecret }) {
        const { requestId, request } = call;
        const idempotencyKey = repetition === undefined ? undefined : idempotencyKeyOf(call);
        const expected = versioned ? expectedVersions(call) : undefined;
        checkParams(request);
        const [parameter] = names;
        const id =
          idempotencyKey === undefined
            ? newId()
            : keyedId(idempotencySecret, { caller: CALLER, operation: name, key: idempotencyKey });
        // What has no name yet is named like the work that makes it.
        const subject = parameter === undefined ? id : String(request.params[parameter]);
        const context = { id, requestId, subject, idempotencyKey, expected, traceparent: call.traceIn({ subject, id }) };
        const result = await pipeline.execute(name, request.body, context).catch((error: unknown) => {
          throw error instanceof OutcomeUnknown ? outcomeUnknown(declared.checkAt(subject), idempotencyKey) : error;
        });
        if (!result.accepted) throw problemOfRefusal(result);
        const answer = declared.respond(result.reply);
        const answered: Headers = {
          ...(declared.location && { location: declared.location(result.reply) }),
          ...(declared.version && etag(declared.version(answer))),
        };
        call.json(declared.createdBy?.(result.reply) ? 201 : status, answer, answered);
      },
    };
  };
}
