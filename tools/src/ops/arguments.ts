import { parseArgs } from 'node:util';
import { Problem } from '../problem.js';

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/**
 * Reads a command's options, and the words beside them if it takes any.
 *
 * @throws Problem that names what is wrong, among it a word that the command would not look at
 */
export function readArguments<const O extends Options>(
  args: readonly string[],
  options: O,
  words: 'no words' | 'words' = 'no words',
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: words === 'words', strict: true });
  } catch (error) {
    throw new Problem(error instanceof Error ? error.message : String(error));
  }
}

/** @throws Problem unless there is exactly one word */
export function oneWord(words: readonly string[], what: string): string {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw new Problem(`Name one ${what}, not ${words.length}.`);
  return word;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, d: 86_400 };

/** The seconds of an age such as `2h`. @throws Problem unless it is one */
export function secondsIn(age: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})(s|min|h|d)$/.exec(age) ?? [];
  const seconds = UNITS[unit];
  if (seconds === undefined) throw new Problem(`"${age}" is no age: write it like 30s, 10min, 2h or 3d.`);
  return Number(count) * seconds;
}
