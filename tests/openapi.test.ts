import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { serviceNames } from './support/services.js';
import { openShop, type Shop } from './support/shop.js';

const security = readFileSync(join(__dirname, '..', 'SECURITY.md'), 'utf8').split('## Secrets')[0] ?? '';

interface Document {
  readonly paths: Readonly<Record<string, object>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly examples?: readonly unknown[] }>> };
}

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** In a process of its own: the linter is an ES module, which the test runner cannot load. */
async function lint(document: string): Promise<string> {
  const linter = spawn(process.execPath, [join(__dirname, 'support', 'lint-openapi.mjs')], { stdio: 'pipe' });
  linter.stdin.end(document);
  const [found, failed] = await Promise.all([text(linter.stdout), text(linter.stderr)]);
  return found + failed;
}

test.each(serviceNames.map((name) => [name]))("the document of %s follows Redocly's recommended rules", async (name) => {
  const document = await (await fetch(new URL('/openapi.json', shop.service(name).url))).text();
  expect(await lint(document)).toBe('');
});

test.each(serviceNames.map((name) => [name]))(
  'the generated document of %s is what the running service answers',
  async (name) => {
    const answered = await (await fetch(new URL('/openapi.json', shop.service(name).url))).json();
    const file = join(__dirname, '..', 'docs', 'generated', 'openapi', `${name}-service.json`);
    expect(answered).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  },
);

/** What is wrong with the examples of named schemas, and how many there are. */
function wrongExamples(document: Document) {
  const ajv = addFormats(new Ajv({ strict: false })).addSchema(document, 'document');
  const shown = Object.entries(document.components.schemas).flatMap(([name, { examples = [] }]) =>
    examples.map((example) => ({ name, example })),
  );
  const wrong = shown.filter(({ name, example }) => !ajv.validate({ $ref: `document#/components/schemas/${name}` }, example));
  return { wrong, examples: shown.length };
}

test.each(serviceNames.map((name) => [name]))('the examples in the document of %s are such things', async (name) => {
  const document: Document = JSON.parse(await (await fetch(new URL('/openapi.json', shop.service(name).url))).text());
  const { wrong, examples } = wrongExamples(document);
  expect(wrong).toEqual([]);
  expect(examples).toBeGreaterThan(0);
});

test.each(serviceNames.map((name) => [name]))('SECURITY.md says of each endpoint of %s for whom it is', async (name) => {
  const document: Document = JSON.parse(await (await fetch(new URL('/openapi.json', shop.service(name).url))).text());
  const told = [...security.matchAll(/`([A-Z]+ \/[^`?]*)[^`]*`/g)].map(([, endpoint]) => endpoint);
  const endpoints = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(endpoints.length).toBeGreaterThan(0);
  expect(endpoints.filter((endpoint) => !told.includes(endpoint))).toEqual([]);
});

test('a wrong example is found', () => {
  const schemas = {
    Level: { type: 'integer', examples: [1, 'two'] },
    Item: { $ref: '#/components/schemas/Level', examples: [3] },
  };
  expect(wrongExamples({ paths: {}, components: { schemas } })).toEqual({
    wrong: [{ name: 'Level', example: 'two' }],
    examples: 3,
  });
});

test('the linter finds what is wrong', async () => {
  expect(await lint('{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{}}')).toContain('no-empty-servers');
});
