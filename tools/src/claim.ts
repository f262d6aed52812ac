import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRunning, startTimeOf } from './processes.js';

export interface Claimant {
  pid: number;
  startedAt: string;
  /** What the claimant wants to tell whoever comes second. */
  message: string;
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

/** Takes the directory for this process, or answers who has it. */
export function claim(directory: string, message: string): Claimant | undefined {
  const other = claimant(directory);
  if (other && other.pid !== process.pid) return other;
  const file = claimFile(directory);
  const own: Claimant = { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '', message };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(own), { mode: 0o600 });
  return undefined;
}

export function release(directory: string): void {
  if (claimant(directory)?.pid === process.pid) rmSync(claimFile(directory));
}
