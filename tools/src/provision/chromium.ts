import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Problem } from '../problem.js';
import { canInstallPackage, installPackage } from './rabbitmq-package.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
/** Where its installer puts it on a machine whose PATH does not name it. */
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The program of an installed Chromium or Chrome: `CHROMIUM`, or the first on PATH. */
export function installedChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.CHROMIUM !== undefined && env.CHROMIUM !== '') return existsSync(env.CHROMIUM) ? env.CHROMIUM : undefined;
  const paths = (env.PATH ?? '').split(delimiter).filter((path) => path !== '');
  const candidates = NAMES.flatMap((name) => paths.map((path) => join(path, name)));
  return [...candidates, ...ELSEWHERE].find((file) => existsSync(file));
}

/** On Debian, as root, Debian's package is installed where there is none; elsewhere nothing is done. */
export async function installChromium(directory: string): Promise<void> {
  if (installedChromium() === undefined && canInstallPackage()) await installPackage(directory, 'chromium');
}

/** @throws Problem that says what to install */
export function requireChromium(env: NodeJS.ProcessEnv = process.env): string {
  const found = installedChromium(env);
  if (found !== undefined) return found;
  throw new Problem(
    env.CHROMIUM
      ? `CHROMIUM names ${env.CHROMIUM}, which is not there`
      : 'There is no Chromium: install it (Debian: apt-get install chromium) or Chrome, so that it is on PATH, or set CHROMIUM to its program',
  );
}
