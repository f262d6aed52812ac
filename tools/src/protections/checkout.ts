import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '../git.js';
import { root } from '../paths.js';

/** A worktree of a commit, with the installed packages of this checkout; what is not committed is not in it. */
export function openCheckout(directory: string, commit: string): { close(): void } {
  git('worktree', 'add', '--detach', directory, commit);
  linkPackages(join(root, 'node_modules'), join(directory, 'node_modules'));
  return { close: () => void git('worktree', 'remove', '--force', directory) };
}

/** Links to the packages of this repository are relative: repeated, they lead into the worktree. All others lead here. */
function linkPackages(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (lstatSync(source).isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (name.startsWith('@')) linkPackages(source, target);
    else symlinkSync(source, target);
  }
}
