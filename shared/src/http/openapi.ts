import type { TObject, TSchema } from '@sinclair/typebox';
import { Components } from './components.js';
import { type ProblemCode, problems } from './problem.js';
import type { DeclaredProblem, Operation } from './route.js';

export interface ApiInfo {
  /** The service's name. */
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

type Json = Readonly<Record<string, unknown>>;

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable, for programs' },
    detail: { type: 'string', description: 'For people' },
    instance: { type: 'string', description: 'The path that was asked for' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string', description: 'RFC 6901' }, detail: { type: 'string' } },
      },
    },
    checkAt: { type: 'string', description: 'What to GET to find out what became of the request' },
  },
};

const tokenScheme = { type: 'http', scheme: 'bearer', description: "Made of the installation's secret, for one purpose" };

const asksForToken = ({ problems: own = [] }: Operation) => own.some(({ code }) => code === 'unauthorized');

function parameters(place: 'path' | 'query' | 'header', schema: TObject | undefined, components: Components): Json[] {
  return Object.entries<TSchema>(schema?.properties ?? {}).map(([name, each]) => ({
    name,
    in: place,
    required: schema?.required?.includes(name) ?? false,
    ...(each.description === undefined ? {} : { description: each.description }),
    schema: components.refer(each),
  }));
}

/** What the kit itself may answer, as far as the operation's shape tells. */
function problemsOf({ params, query, headers, body, method, response, problems: own = [] }: Operation): DeclaredProblem[] {
  const writes = method !== 'get';
  const known = (code: ProblemCode) => ({ status: problems[code].status, code, when: problems[code].title });
  const reads = body === undefined ? [] : (['malformed_json', 'body_too_large', 'unsupported_media_type'] as const);
  const makes = params !== undefined && response.creates === true;
  const checks = makes || query || headers || body ? (['invalid_request'] as const) : [];
  const finds = params && !makes ? (['not_found'] as const) : [];
  const waits = writes ? (['cross_site_request', 'unavailable', 'outcome_unknown'] as const) : [];
  return [...own, ...[...reads, ...checks, ...finds, ...waits, 'misdirected_request' as const].map(known)];
}

function problemResponses(operation: Operation): Json {
  const byStatus = new Map<number, DeclaredProblem[]>();
  for (const each of problemsOf(operation)) byStatus.set(each.status, [...(byStatus.get(each.status) ?? []), each]);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const responses = [...byStatus].map(([status, all]) => {
    return [String(status), { description: all.map(({ code, when }) => `\`${code}\`: ${when}`).join('\n\n'), content }];
  });
  return { ...Object.fromEntries(responses), default: { description: 'Any other problem', content } };
}

function responses({ response }: Operation, components: Components): Json {
  const { status, description, schema, contentType = 'application/json', headers = {}, creates } = response;
  const described = Object.entries(headers).map(([name, says]) => [name, { description: says, schema: { type: 'string' } }]);
  const answer = {
    description,
    headers: Object.fromEntries(described),
    content: { [contentType]: { schema: components.refer(schema) } },
  };
  return { [status]: answer, ...(creates ? { 201: { ...answer, description: 'Created' } } : {}) };
}

const OPERATION = { name: 'operation', description: 'How the service is: for probes, monitoring and programmers' };

/** The thing that the path begins with; what every service answers stands together. */
function tagOf({ path }: Operation): string {
  const [, first = ''] = path.split('/');
  return ['health', 'metrics', 'openapi.json'].includes(first) ? OPERATION.name : first;
}

function tagsOf(operations: readonly Operation[]): Json[] {
  const things = new Set(operations.map(tagOf));
  things.delete(OPERATION.name);
  return [...[...things].sort().map((name) => ({ name, description: `What there is under /${name}` })), OPERATION];
}

function operationObject(operation: Operation, components: Components): Json {
  const { summary, method, path, params, query, headers, body } = operation;
  const words = `${method}${path}`.split(/[^\w]+/).filter((word) => word !== '');
  const { operationId = words.join('_') } = operation;
  const content = { 'application/json': { schema: components.refer(body) } };
  return {
    operationId,
    summary,
    tags: [tagOf(operation)],
    parameters: [
      ...parameters('path', params, components),
      ...parameters('query', query, components),
      ...parameters('header', headers, components),
    ],
    ...(asksForToken(operation) ? { security: [{ token: [] }] } : {}),
    ...(body === undefined ? {} : { requestBody: { required: (body.required ?? []).length > 0, content } }),
    responses: { ...responses(operation, components), ...problemResponses(operation) },
  };
}

/** Derives the OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html) from the very data that requests are checked with. */
export function openApi(info: ApiInfo, operations: readonly Operation[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  const components = new Components({ Problem: problemSchema });
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation, components) };
  }
  return {
    openapi: '3.1.0',
    info: { ...info, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'Where this document came from' }],
    // Clients are not asked who they are: a gateway stands between strangers and the services.
    security: [],
    tags: tagsOf(operations),
    paths,
    components: { schemas: components.schemas, securitySchemes: { token: tokenScheme } },
  };
}
