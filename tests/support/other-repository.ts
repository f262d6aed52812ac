import { type ExecFileSyncOptions, execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const modules = join(root, 'node_modules');
const tsc = join(modules, 'typescript/bin/tsc');
const OURS = '@quickstep';

/** A block of code on the page. */
export interface Block {
  readonly language: string;
  readonly file: string;
  /** In a copy of the shop, rather than in the new repository. */
  readonly shop: boolean;
  readonly where: string;
  readonly code: string;
}

/** The blocks whose first line names a file: `// <file>`, `// shop: <file>, <where>`, or in a diff `shop: <file>`. */
export function blocksIn(page: string): Block[] {
  const found = page.matchAll(/^```(ts|json|diff)\n(?:\/\/ )?(shop: )?(\S+?)(?:, ([^\n]+))?\n([\s\S]*?)^```/gm);
  return [...found].map(([, language = '', shop, file = '', where = '', code = '']) => ({
    language,
    file,
    shop: shop !== undefined,
    where,
    code,
  }));
}

function applyDiff(path: string, diff: string): void {
  const lines = (sign: string) => diff.split('\n').flatMap((line) => (line.startsWith(sign) ? [`${line.slice(1)}\n`] : []));
  const text = readFileSync(path, 'utf8');
  const [before, after] = [lines('-').join(''), lines('+').join('')];
  if (text.split(before).length !== 2) throw new Error(`${path} does not have this once:\n${before}`);
  writeFileSync(
    path,
    text.replace(before, () => after),
  );
}

/** Does to the files of a folder what the blocks say. */
export function write(folder: string, blocks: readonly Block[]): void {
  for (const { language, file, where, code } of blocks) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    if (language === 'diff') applyDiff(path, code);
    else if (where === 'at the end') appendFileSync(path, code);
    else writeFileSync(path, code);
  }
}

/** The packages of this checkout, but for our own. */
function linkPackages(folder: string): void {
  mkdirSync(join(folder, OURS), { recursive: true });
  for (const name of readdirSync(modules)) if (name !== OURS) symlinkSync(join(modules, name), join(folder, name));
}

/** A copy of the kit and of services, with packages of their own to be built from them. */
export function copyShop(folder: string, services: readonly string[]): void {
  const packages = ['shared', 'simulated-providers', ...services];
  linkPackages(join(folder, 'node_modules'));
  cpSync(join(root, 'tsconfig.base.json'), join(folder, 'tsconfig.base.json'));
  for (const each of packages) {
    for (const name of ['src', 'package.json', 'tsconfig.json'])
      cpSync(join(root, each, name), join(folder, each, name), { recursive: true });
    symlinkSync(join(folder, each), join(folder, 'node_modules', OURS, each));
  }
}

/** @returns what the compiler says; nothing when all is well */
export function compile(folder: string, args: readonly string[]): string {
  return spawnSync(process.execPath, [tsc, ...args], { cwd: folder, encoding: 'utf8' }).stdout;
}

/** Packs the kit as npm does, and unpacks it as npm does where a service installs it, beside the other packages that it needs. */
export function installPacked(shop: string, repository: string): string[] {
  const options: ExecFileSyncOptions = { cwd: join(shop, 'shared'), encoding: 'utf8' };
  const packed: { filename: string; files: { path: string }[] }[] = JSON.parse(
    String(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', repository], options)),
  );
  const [{ filename, files } = { filename: '', files: [] }] = packed;
  linkPackages(join(repository, 'node_modules'));
  execFileSync('tar', ['-xzf', filename], { cwd: repository });
  renameSync(join(repository, 'package'), join(repository, 'node_modules', OURS, 'shared'));
  return files.map(({ path }) => path);
}
