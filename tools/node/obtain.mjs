// Runs before anything is installed: only what Node.js itself brings may be used here.
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from '../problem.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** What to look at when npm has failed. */
export const notInstalled = `npm could not install what Quickstep needs. If it did not get through to its registry, look at
  npm config get registry                             where it looks
  npm ping                                            whether that answers
  HTTPS_PROXY, npm config get https-proxy, noproxy    the proxy that this network wants, if any
then run the command again.`;

/** What services, tests and tools run on: the long-term version of package.json's `engines`. */
export const wantedMajor = 24;

/** The oldest that can obtain another one. */
const oldestMajor = 20;

/**
 * Whether this Node.js will do; else the pinned package of the npm registry that contains one which does.
 *
 * @throws Problem when it is too old to obtain another one, or when there is none for this platform
 */
export function choose({ version, platform, arch }) {
  const major = Number.parseInt(version, 10);
  if (major >= wantedMajor) return undefined;
  const advice = `Install Node.js ${wantedMajor} or newer from https://nodejs.org or with your package manager.`;
  if (major < oldestMajor) throw new Problem(`Quickstep runs on Node.js ${wantedMajor}; this is ${version}. ${advice}`);
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  const { optionalDependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  if (!(name in optionalDependencies)) {
    throw new Problem(
      `Quickstep runs on Node.js ${wantedMajor}; this is ${version}, and the npm registry has none for ${platform}-${arch} that we know of. ${advice}`,
    );
  }
  return { name, version: optionalDependencies[name] };
}

/**
 * The path of the chosen Node.js below `state`. `npm ci` checks it against the hash in the lockfile beside this file; the folder gets
 * its name when it is complete. Not a dependency of the checkout: its `bin` would take the place of `node` for every script.
 */
export async function obtain({ name, version }, state, npm) {
  const directory = join(state, `node-${version}`);
  const path = ['node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'];
  const file = join(directory, ...path);
  if (!existsSync(file)) {
    const unfinished = `${directory}.unfinished`;
    for (const each of [directory, unfinished]) rmSync(each, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    for (const each of ['package.json', 'package-lock.json']) copyFileSync(join(here, each), join(unfinished, each));
    await npm('ci', '--prefix', unfinished);
    // To npm it is optional, like the ones for other platforms: that it could not be had is no failure.
    if (!existsSync(join(unfinished, ...path))) throw new Problem(`npm has not brought ${name} ${version}.\n\n${notInstalled}`);
    renameSync(unfinished, directory);
  }
  checkRuns(file, version);
  return file;
}

/** The registry's builds need the GNU C library. */
function checkRuns(file, version) {
  try {
    if (execFileSync(file, ['--version'], { encoding: 'utf8' }).trim() === `v${version}`) return;
  } catch {
    // As for one of another version.
  }
  throw new Problem(
    `${file} does not run on this system. Install Node.js ${wantedMajor} or newer with your package manager, then run the command again.`,
  );
}

/** Runs a script with another Node.js, first on the PATH for whatever the script starts; resolves with its exit code. */
export function runWith(file, args) {
  const env = { ...process.env, PATH: `${dirname(file)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(file, args, { stdio: 'inherit', env });
  // After a Ctrl-C the terminal has told the child already, which takes two within half a second for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm that is ended by a SIGTERM does not pass it on.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) child.kill('SIGTERM');
  }, 250);
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code, signal) => {
      clearInterval(watch);
      done(code ?? 128 + constants.signals[signal]);
    });
  });
}
