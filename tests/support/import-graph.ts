import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../tools/src/paths.js';

/** File -> the files that it imports, types included; paths from the root of the checkout. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;

/** The imports among all sources and tests, also those that go through the exports of a workspace, which the linter does not follow. */
export function importGraph(): ImportGraph {
  const exported = workspaceExports();
  const files = [...workspaces().flatMap((each) => [join(each, 'src'), join(each, 'test')]), 'tests'].flatMap(sourcesIn);
  const importsOf = (file: string) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].flatMap(([, name = '']) => {
      const target = name.startsWith('.') ? sourceOf(join(dirname(file), name)) : exported.get(name);
      return target === undefined ? [] : [target];
    });
  return new Map(files.map((file) => [file, importsOf(file)]));
}

/** The source that the compiler makes this file of. */
export function sourceOf(compiled: string): string {
  const page = compiled.replace(/\.js$/, '.tsx');
  return existsSync(join(root, page)) ? page : compiled.replace(/\.js$/, '.ts');
}

const workspaces = () => readdirSync(root).filter((name) => existsSync(join(root, name, 'package.json')));

function sourcesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /\.tsx?$/.test(file)).map((file) => join(folder, file));
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, { readonly source: string }>>;
}

/** Name under which a workspace exports a module -> its source. */
function workspaceExports(): Map<string, string> {
  return new Map(
    workspaces().flatMap((workspace) => {
      const { name, exports = {} }: Manifest = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
      return Object.entries(exports).map(([path, { source }]) => [join(name, path), join(workspace, source)] as const);
    }),
  );
}

/** The files of one circle, the first again at its end; undefined when there is none. */
export function circleIn(graph: ImportGraph): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
