import { execFileSync } from 'node:child_process';
import { root } from './paths.js';

/** What git answers in this checkout. */
export const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** The commit of this checkout, and whether files differ from it. */
export function commitHere(): string {
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed}`;
  } catch {
    return 'unknown: this is no git checkout, or git is not installed';
  }
}
