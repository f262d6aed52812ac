import { parseArgs } from 'node:util';
import { Problem, reasonOf } from './problem.js';

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/**
 * Reads a command's options, and the words beside them if it takes any.
 *
 * @param usage is told with what is wrong
 * @throws Problem that names what is wrong, among it a word that the command would not look at
 */
export function readArguments<const O extends Options>(
  args: readonly string[],
  options: O,
  words: 'no words' | 'words' = 'no words',
  usage = '',
) {
  // npm takes its own `--` away; without npm it arrives here.
  const given = args[0] === '--' ? args.slice(1) : [...args];
  try {
    return parseArgs({ args: given, options, allowPositionals: words === 'words', strict: true });
  } catch (error) {
    throw new Problem([reasonOf(error), ...(usage === '' ? [] : [usage])].join('\n\n'));
  }
}

/** The value of an option that is a number. @throws Problem unless it is a whole one, not below `least` */
export function wholeNumber(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Problem(`--${name} must be a whole number from ${least} up, not "${text}".`);
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
