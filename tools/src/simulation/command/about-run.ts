import { execFileSync } from 'node:child_process';
import { root } from '../../paths.js';
import { describeSettings } from '../settings.js';

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** The commit of the checkout, and whether files differ from it. */
export function commit(): string {
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ', with changes that are not committed';
    return `${git('rev-parse', 'HEAD')}${changed}`;
  } catch {
    return 'unknown: this is no git checkout, or git is not installed';
  }
}

/** What one must know to repeat a run. */
export function aboutRun(seeds: string, orders: number): string {
  return `Commit   ${commit()}\nNode.js  ${process.version}\nSeeds    ${seeds}, up to ${orders} orders in each world\n${describeSettings()}\n\n`;
}
