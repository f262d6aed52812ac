import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf } from '@quickstep/shared/pipeline';
import { Problem } from './problem.js';
import { isRunning, startTimeOf } from './processes.js';

export interface Claimant {
  pid: number;
  startedAt: string;
  /** What the claimant wants to tell whoever comes second. */
  message: string;
  /** Where its services are reached, by name. */
  urls?: Readonly<Record<string, string>>;
}

const claimFile = (directory: string) => join(directory, 'claimed-by.json');

/** The running process that uses this directory. */
export function claimant(directory: string): Claimant | undefined {
  try {
    const found = JSON.parse(readFileSync(claimFile(directory), 'utf8')) as Claimant;
    return isRunning(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** One by one: Node's `recursive` never ends below a folder in which the system makes none, such as `/proc`. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (!existsSync(path)) throw new Problem(`The folder ${path} cannot be made: ${reasonOf(error)}`);
  }
}

/** Takes the directory for this process, or answers who has it. */
export function claim(directory: string, message: string, urls: Readonly<Record<string, string>> = {}): Claimant | undefined {
  const other = claimant(directory);
  if (other && other.pid !== process.pid) return other;
  const file = claimFile(directory);
  const own: Claimant = { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '', message, urls };
  makeDirectory(dirname(file));
  writeFileSync(file, JSON.stringify(own), { mode: 0o600 });
  return undefined;
}

export function release(directory: string): void {
  if (claimant(directory)?.pid === process.pid) rmSync(claimFile(directory));
}
