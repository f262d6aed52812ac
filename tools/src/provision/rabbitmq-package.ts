import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../problem.js';
import { tail } from '../processes.js';

const policy = '/usr/sbin/policy-rc.d';
const saved = `${policy}.saved-by-quickstep`;
const denyAll = '#!/bin/sh\n# Written by Quickstep while it installs a package; removed afterwards.\nexit 101\n';

export function canInstallPackage(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Debian's packages would start system servers; a policy-rc.d that denies it stands in the way for as long as apt runs. */
export async function installPackage(directory: string, name = 'rabbitmq-server'): Promise<void> {
  const logFile = join(directory, 'logs', 'apt.log');
  mkdirSync(join(directory, 'logs'), { recursive: true });
  await withoutStartingServices(async () => {
    await apt(['update'], logFile);
    await apt(['install', '-y', '--no-install-recommends', name], logFile);
  });
}

async function withoutStartingServices(work: () => Promise<void>): Promise<void> {
  undo();
  if (deniesAlready()) return work();
  if (existsSync(policy)) renameSync(policy, saved);
  writeFileSync(policy, denyAll);
  chmodSync(policy, 0o755);
  process.once('exit', undo);
  try {
    await work();
  } finally {
    undo();
    process.off('exit', undo);
  }
}

/** Also mends what a killed run left behind. */
function undo(): void {
  if (existsSync(policy) && readFileSync(policy, 'utf8') === denyAll) rmSync(policy);
  if (existsSync(saved)) renameSync(saved, policy);
}

/** Container images bring a policy-rc.d that denies everything: 101 is its answer. */
function deniesAlready(): boolean {
  if (!existsSync(policy)) return false;
  try {
    execFileSync(policy, ['rabbitmq-server', 'start'], { stdio: 'ignore' });
    return false;
  } catch (error) {
    return (error as { status?: number }).status === 101;
  }
}

function apt(args: string[], logFile: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const log = openSync(logFile, 'a');
    // What a package's scripts write into the system must stay readable.
    const child = spawn('sh', ['-c', 'umask 022; exec apt-get "$@"', 'apt-get', ...args], {
      stdio: ['ignore', log, log],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    closeSync(log);
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(failure(args, logFile))));
  });
}

function failure(args: string[], logFile: string): Problem {
  return new Problem(
    `\`apt-get ${args.join(' ')}\` failed. Install the package by other means. The end of ${logFile}:\n${tail(logFile)}`,
  );
}
