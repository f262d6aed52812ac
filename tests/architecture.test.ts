import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { circleIn, importGraph, sourceOf } from './support/import-graph.js';

const root = resolve(__dirname, '..');
const MAX_LINES = 250;

interface Source {
  /** From the root, with slashes: `order-service/src/steps/place-order.ts`. */
  readonly path: string;
  readonly text: string;
  /** What it imports; relative ones as paths from the root. */
  readonly imports: readonly string[];
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) => specifier);
  return specifiers.map((each) => (each.startsWith('.') ? sourceOf(join(dirname(path), each)) : each));
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, imports: importsOf(path, text) };
}

function sourcesUnder(folder: string): Source[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => read(relative(root, join(entry.parentPath, entry.name))));
}

const { workspaces }: { workspaces: string[] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const sources = workspaces.flatMap((each) => sourcesUnder(join(each, 'src')));
const pure = sources.filter(({ path }) => /^[a-z]+-service\/src\/(steps|domain)\//.test(path));

/** The imports of these files that no pattern allows, as `file -> import`. */
function forbidden(files: readonly Source[], allowed: (file: Source) => readonly RegExp[]): string[] {
  return files.flatMap((file) =>
    file.imports.filter((each) => !allowed(file).some((pattern) => pattern.test(each))).map((each) => `${file.path} -> ${each}`),
  );
}

test('there are sources to look at', () => {
  expect(sources.length).toBeGreaterThan(150);
  expect(pure.length).toBeGreaterThan(25);
});

describe('steps and domain', () => {
  test('import the kit for rows, declarations, contracts and events, and of their own service steps, domain, tables and declaration', () => {
    const kit = /^@quickstep\/shared\/(rows|choreography|contracts|events)$/;
    const allowed = ({ path }: Source) => {
      const [service = ''] = path.split('/');
      const own = new RegExp(`^${service}/src/((steps|domain)/[a-z-]+|db/(tables|facts)|choreography)\\.ts$`);
      return path.includes('/domain/') ? [kit, own, /^node:crypto$/] : [kit, own];
    };
    expect(forbidden(pure, allowed)).toEqual([]);
  });

  test('change rows by assignments that the compiler checks', () => {
    expect(pure.filter(({ text }) => text.includes('Object.assign')).map(({ path }) => path)).toEqual([]);
  });
});

// The operator's service does nothing but read and keep.
test('TypeORM is known to the database side, the read routes and the operations service only', () => {
  const home =
    /^((simulated-providers|operations-service)\/src\/|shared\/src\/(db|rights|service|http)\/|[a-z]+-service\/src\/(db\/|http\/|service\.ts$))/;
  const elsewhere = sources.filter(({ path, imports }) => imports.includes('typeorm') && !home.test(path));
  expect(elsewhere.map(({ path }) => path)).toEqual([]);
});

test('the OpenTelemetry SDK is imported by one file, besides its types, and that is only loaded when somebody is to be told', () => {
  const sdk = 'shared/src/telemetry/tracing/sdk.ts';
  const known = sources.filter(({ text }) => /^(import|export) (?!type\b)[^;]*'@opentelemetry\/(?!api')/m.test(text));
  expect(known.map(({ path }) => path)).toEqual([sdk]);
  const loaded = sources.filter(({ text }) => /^(import|export) (?!type\b)[^;]*\/sdk\.js'/m.test(text));
  expect(loaded.map(({ path }) => path)).toEqual([]);
});

test('no package reaches into another by file path', () => {
  const across = sources.flatMap(({ path, imports }) =>
    imports
      .filter((each) => /\.tsx?$/.test(each) && each.split('/')[0] !== path.split('/')[0])
      .map((each) => `${path} -> ${each}`),
  );
  expect(across).toEqual([]);
});

test('every import by file path names a file that exists', () => {
  const known = new Set(sources.map(({ path }) => path));
  const missing = sources.flatMap(({ path, imports }) =>
    imports.filter((each) => /\.tsx?$/.test(each) && !known.has(each)).map((each) => `${path} -> ${each}`),
  );
  expect(missing).toEqual([]);
});

test(`no file has more than ${MAX_LINES} lines, and none of the tests`, () => {
  const folders = workspaces.map((each) => join(each, 'test')).filter((each) => existsSync(join(root, each)));
  const tests = ['tests', ...folders].flatMap(sourcesUnder);
  expect(tests.length).toBeGreaterThan(300);
  const long = [...sources, ...tests].filter(({ text }) => text.trimEnd().split('\n').length > MAX_LINES);
  expect(long.map(({ path }) => path)).toEqual([]);
});

describe('imports', () => {
  test('a circle is found, and named file by file', () => {
    const graph = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts', 'd.ts']],
      ['c.ts', []],
      ['d.ts', ['b.ts']],
    ]);
    expect(circleIn(graph)).toEqual(['b.ts', 'd.ts', 'b.ts']);
  });

  test('go round in no circle, within a workspace or across several', () => {
    const graph = importGraph();
    expect(graph.get('system/src/services.ts')).toContain('order-service/src/steps/index.ts');
    expect(circleIn(graph)).toBeUndefined();
  });
});
