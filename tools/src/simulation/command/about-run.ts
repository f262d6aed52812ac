import { commitHere } from '../../git.js';
import { describeSettings } from '../settings.js';

/** What one must know to repeat a run. */
export function aboutRun(seeds: string, orders: number): string {
  return `Commit   ${commitHere()}\nNode.js  ${process.version}\nSeeds    ${seeds}, up to ${orders} orders in each world\n${describeSettings()}\n\n`;
}
