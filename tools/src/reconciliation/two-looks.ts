import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../problem.js';
import { createProgress, type Note } from '../progress.js';

/** What one look at a running system has found: each difference in words. */
export interface Look {
  readonly orders: number;
  readonly found: readonly string[];
}

const SHOWN = 50;

export function seconds(name: string, given: string, most: number): number {
  const value = Number(given);
  if (given.trim() !== '' && value >= 0 && value <= most) return value;
  throw new Problem(`--${name} must be a number of seconds from 0 to ${most}`);
}

/**
 * In a running system what is still on its way looks like a difference: of two looks with a pause between them only what both found is one.
 *
 * @param settle seconds between the looks
 * @returns the exit code
 */
export async function lookTwice(
  look: (note: Note) => Promise<Look>,
  settle: number,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<number> {
  const progress = createProgress(process.stderr);
  const looked = (label: string) => progress.step(label, (note) => look((detail) => note(`${label}: ${detail}`)));
  let { orders, found } = await looked('first look');
  if (found.length > 0) {
    await progress.step(`what is under way may arrive, ${settle} s`, () => pause(settle * 1_000, undefined, { signal }));
    const before = new Set(found);
    ({ orders, found } = await looked('second look'));
    found = found.filter((each) => before.has(each));
  }
  for (const each of found.slice(0, SHOWN)) print(`  ${each}`);
  if (found.length > SHOWN) print(`  and ${found.length - SHOWN} more`);
  print(`${orders} orders; ${found.length === 0 ? 'nothing differs' : `${found.length} differences`}`);
  return found.length === 0 ? 0 : 1;
}
