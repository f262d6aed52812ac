import { beforeAll, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { routes, tinyApp } from './tiny-app.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: object;
}

interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody: object;
  readonly responses: Readonly<Record<string, { readonly description: string; readonly headers?: object }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

let document: Document;

beforeAll(async () => {
  document = (await supertest(tinyApp().app).get('/openapi.json')).body;
});

function operations() {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
}

function operation(method: string, path: string): Described {
  const found = document.paths[path]?.[method];
  if (found === undefined) throw new Error(`${method} ${path} is not in the document`);
  return found;
}

function follow(reference: string): unknown {
  return reference
    .split('/')
    .reduce<unknown>((at, name) => Object.entries(at ?? {}).find(([key]) => key === name)?.[1], document);
}

describe('the OpenAPI document', () => {
  test('has every route, and those that every service has', () => {
    const described = operations().map(({ method, path }) => `${method} ${path}`);
    const own = routes.map(({ method, path }) => `${method} ${path}`);
    const common = ['get /health/live', 'get /health/ready', 'get /metrics', 'get /openapi.json'];
    expect(described.sort()).toEqual([...own, ...common].sort());
  });

  test('has the structure of OpenAPI 3.1', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'library-service', version: '1.0' } });
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations()) {
      expect(METHODS).toContain(method);
      expect(path).toMatch(/^\//);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const declared = operation.parameters.filter((each) => each.in === 'path');
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      for (const each of operation.parameters) {
        expect(each).toMatchObject({ name: expect.any(String), schema: expect.any(Object) });
        if (each.in === 'path') expect(each.required).toBe(true);
      }
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^([1-5]\d\d|default)$/);
        expect(response.description).toEqual(expect.any(String));
      }
    }
  });

  test('every reference leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(0);
    for (const reference of new Set(references)) {
      expect(follow(reference)).toBeDefined();
    }
  });

  test("says of a command what its contract says: body, key, answers and the step's refusals", () => {
    const lend = operation('post', '/books/{isbn}/loans');
    const schema = { $ref: '#/components/schemas/LendBook' };
    expect(follow('components/schemas/LendBook')).toMatchObject({ properties: { days: { type: 'integer' } } });
    expect(lend).toMatchObject({
      summary: 'Lend a book.',
      requestBody: { required: false, content: { 'application/json': { schema } } },
      responses: { 409: { description: expect.stringContaining('book_lent') } },
    });
    expect(Object.keys(lend.responses)).toEqual(expect.arrayContaining(['202', '400', '413', '415', '422', '503', 'default']));
    expect(Object.keys(operation('put', '/books/{isbn}').responses)).toEqual(expect.arrayContaining(['200', '201']));
    expect(operation('post', '/accounts')).toMatchObject({
      parameters: [{ name: 'Idempotency-Key', in: 'header', required: false }],
      requestBody: { required: true },
      responses: { 202: { headers: { location: expect.any(Object) } } },
    });
  });
});
