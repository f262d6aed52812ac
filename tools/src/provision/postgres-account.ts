import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { stateDirectory } from '../paths.js';
import { Problem } from '../problem.js';

export interface Account {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root: root starts it as the system user `postgres`, which is created when there is none. */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return findAccount() ?? createAccount();
}

function findAccount(): Account | undefined {
  const id = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

function createAccount(): Account {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  } catch {
    // Judged by the result: another command may have created it at the same moment.
  }
  const account = findAccount();
  if (account) return account;
  throw new Problem(
    'PostgreSQL does not run as root and the user `postgres` could not be created. Run as another user, or set POSTGRES_URL.',
  );
}

/** Outside the checkout when the user `postgres` cannot reach it (a checkout below /root, for example). */
export function postgresHome(directory: string, account: Account | undefined): string {
  closeOwnDirectories(directory, account);
  if (account === undefined || isReachable(directory)) return join(directory, 'postgres');
  const home = outsideHome(directory);
  mkdirSync(home, { recursive: true });
  chmodSync(outsideRoot, 0o755);
  return home;
}

export function removePostgresHome(directory: string): void {
  for (const home of [join(directory, 'postgres'), outsideHome(directory)]) rmSync(home, { recursive: true, force: true });
}

/** Writable by root only, unlike the temporary folders, in which anybody could have prepared a name that can be foreseen. */
export const outsideRoot = '/var/lib/quickstep';

const outsideHome = (directory: string) =>
  join(outsideRoot, createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 12));

/** Every folder down to this one can be passed by everybody. */
export function isReachable(path: string): boolean {
  if (existsSync(path) && (statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || isReachable(dirname(path));
}

/** Nobody else may enter the folders made here, but that the database's user may pass them; folders of others are left as they are. */
function closeOwnDirectories(directory: string, account: Account | undefined): void {
  mkdirSync(directory, { recursive: true });
  if (relative(stateDirectory, directory).startsWith('..')) return;
  const mode = account === undefined ? 0o700 : 0o711;
  for (let path = directory; path.startsWith(stateDirectory); path = dirname(path)) chmodSync(path, mode);
}
