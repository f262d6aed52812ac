import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../paths.js';
import type { SupervisedService } from '../../supervisor.js';

/** What a service must be started with to have a clock that can be set. @param directory of the files that say by how much */
export const settableClock = (directory: string): NodeJS.ProcessEnv => ({
  CHAOS_CLOCKS: directory,
  NODE_OPTIONS:
    `${process.env.NODE_OPTIONS ?? ''} --require ${join(root, 'tools', 'dist', 'chaos', 'clock', 'preload.js')}`.trimStart(),
});

/** Sets the clock of a process so many milliseconds off. */
export function setClock(directory: string, service: SupervisedService, offset: number): void {
  const pid = service.pid();
  if (pid === undefined) return;
  writeFileSync(join(directory, `${pid}`), `${offset}`);
  service.kill('SIGUSR2');
}

/** By how many milliseconds the clock of a process was off when it was set last, by its own account; undefined before that. */
export function skewSeen(directory: string, service: SupervisedService): number | undefined {
  const file = join(directory, `${service.pid()}.seen`);
  if (!existsSync(file)) return undefined;
  const [seen = Number.NaN, real = Number.NaN] = readFileSync(file, 'utf8').split(' ').map(Number);
  return seen - real;
}
