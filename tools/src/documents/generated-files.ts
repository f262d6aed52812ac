import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { operations } from '@quickstep/operations-service/choreography';
import { operationsDescription } from '@quickstep/operations-service/service';
import { apiDocumentOf } from '@quickstep/shared/service';
import { documents, type Files, settingsOf } from '@quickstep/system/documents';
import { observability } from '@quickstep/system/observability';
import { Problem } from '../problem.js';

const DOCUMENTS = 'docs/generated';
const OBSERVABILITY = 'observability';
/** Nothing else is in them. */
const FOLDERS = [DOCUMENTS, OBSERVABILITY];
/** Has a part that is generated. */
const GUIDE = 'docs/observability.md';

/** A file that is not what would be written now. Paths are from the root, with slashes. */
export interface Drift {
  readonly file: string;
  readonly what: 'is missing' | 'differs' | 'is generated no more';
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/**
 * Puts generated parts between their markers, `<!-- generated: name -->` and `<!-- end -->`.
 *
 * @throws Problem when a part has no markers
 */
export function withParts(text: string, parts: Files, file: string): string {
  return [...parts].reduce((whole, [name, part]) => {
    const begin = `<!-- generated: ${name} -->\n`;
    const from = whole.indexOf(begin);
    const to = whole.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) throw new Problem(`${file} has no "${begin.trim()}" with an "<!-- end -->" after it`);
    return `${whole.slice(0, from + begin.length)}${part}${whole.slice(to)}`;
  }, text);
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function expected(root: string): Promise<Files> {
  const { service, port, own } = operationsDescription.defaults;
  const [{ files, readme }, watching, settings] = await Promise.all([
    documents(),
    observability(operationsDescription.metrics),
    settingsOf([{ service, port, variables: Object.values(own) }]),
  ]);
  const parts = (file: string, generated: Files) => withParts(read(join(root, file)) ?? '', generated, file);
  return new Map([
    ...[...files].map(([path, each]) => [`${DOCUMENTS}/${path}`, each] as const),
    ...[...watching.files].map(([path, each]) => [`${OBSERVABILITY}/${path}`, each] as const),
    // The list of services is read by the operator's service, so that it cannot stand in it.
    [`${DOCUMENTS}/settings.md`, settings],
    [
      `${DOCUMENTS}/openapi/${operations.service}.json`,
      `${JSON.stringify(apiDocumentOf(operations, operationsDescription), null, 2)}\n`,
    ],
    ['README.md', parts('README.md', readme)],
    [GUIDE, parts(GUIDE, watching.parts)],
  ]);
}

function driftFrom(wanted: Files, root: string): Drift[] {
  const wrong = [...wanted].flatMap(([file, text]): Drift[] => {
    const found = read(join(root, file));
    if (found === text) return [];
    return [{ file, what: found === undefined ? 'is missing' : 'differs' }];
  });
  const there = FOLDERS.flatMap((folder) => filesIn(join(root, folder))).map((path) => relative(root, path).replaceAll(sep, '/'));
  const left = there.filter((file) => !wanted.has(file)).map((file): Drift => ({ file, what: 'is generated no more' }));
  return [...wrong, ...left.sort((a, b) => (a.file < b.file ? -1 : 1))];
}

/** What in this checkout differs from what its declarations say. */
export async function driftIn(root: string): Promise<Drift[]> {
  return driftFrom(await expected(root), root);
}

/** Makes the checkout say what its declarations say; returns what was wrong. */
export async function writeDocuments(root: string): Promise<Drift[]> {
  const wanted = await expected(root);
  const drift = driftFrom(wanted, root);
  for (const { file } of drift) {
    const text = wanted.get(file);
    const path = join(root, file);
    if (text === undefined) rmSync(path);
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
  return drift;
}

/** For people: every file that drifted, and what to do; empty when none did. */
export function describeDrift(drift: readonly Drift[]): string {
  if (drift.length === 0) return '';
  const lines = drift.map(({ file, what }) => `  ${file} ${what}`);
  return `Generated documents do not say what the declarations say:\n${lines.join('\n')}\nRun \`npm run docs\` and commit what it writes.`;
}
