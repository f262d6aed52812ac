import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { git } from '../git.js';
import { stateDirectory } from '../paths.js';
import { Problem } from '../problem.js';
import type { Progress } from '../progress.js';

const run = promisify(execFile);

/**
 * Another commit in a git worktree below `.quickstep/against`, installed and built by its own bootstrap. It stays there for the next time
 * (`git worktree remove` takes it away).
 *
 * @returns the worktree's folder
 * @throws Problem when there is no such commit, or when it cannot be installed or built
 */
export async function checkOut(commit: string, progress: Progress, signal: AbortSignal): Promise<string> {
  const hash = resolveCommit(commit);
  const tree = join(stateDirectory, 'against', hash.slice(0, 12));
  if (!existsSync(tree)) {
    await progress.step(`checked out ${hash.slice(0, 12)}`, async () => {
      git('worktree', 'prune');
      git('worktree', 'add', '--detach', tree, hash);
    });
  }
  await progress.step(`installed and built ${hash.slice(0, 12)}`, async () => {
    try {
      await run(process.execPath, [join('tools', 'bootstrap.mjs'), 'bench', '--help'], { cwd: tree, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw new Problem(
        `${commit} could not be installed or built in ${tree}:\n${error instanceof Error ? error.message : error}`,
      );
    }
  });
  return tree;
}

function resolveCommit(commit: string): string {
  try {
    return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`);
  } catch {
    throw new Problem(`--against needs a commit of this repository; git does not know "${commit}".`);
  }
}
