import { parseArgs } from 'node:util';
import { Problem } from '../problem.js';

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** Reads a command's options and the words beside them. @throws Problem that names what is wrong */
export function readArguments<const O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
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
