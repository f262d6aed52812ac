// Runs before anything is installed: only what Node.js itself brings may be used here.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { choose, notInstalled, obtain, runWith } from './node/obtain.mjs';
import { Problem } from './problem.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const state = join(root, '.quickstep');
const commands = {
  start: 'start everything: broker, database, services',
  test: 'check, type-check and test everything',
  demo: 'place five orders, shipped and cancelled, and show what happened',
  bench: 'measure throughput and latency',
  simulate: 'run the saga in memory under random schedules and faults',
  chaos: 'strike the running system with faults, then check every invariant',
  protections: 'take each protection away in turn: its test must fail',
  ops: 'what an operator looks at and does',
  'choreography:check': 'prove that every run of the declared saga ends well',
  docs: 'write the documents that are generated from the declarations',
  'contracts-check': 'say whom a change of the events would break',
  'contracts-publish': 'write the events as the code has them to system/contracts',
  setup: 'accounts, databases and topology on servers that others run',
  servers: 'only a broker and a database, for working on single tests',
  build: 'compile everything',
  check: 'format and lint',
  'check:fix': 'mend what format and lint find',
  typecheck: 'the types of sources and tests',
  mutation: 'change the code in one place at a time: some test must notice',
};

/** Commands that need the dependencies and nothing built: a script, and what it is told. */
const scripts = {
  check: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'],
  'check:fix': ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '.'],
  typecheck: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.check.json'],
  mutation: ['tools/mutation.mjs'],
};

async function step(label, work) {
  const started = performance.now();
  if (process.stderr.isTTY) process.stderr.write(`  … ${label}`);
  const clear = () => process.stderr.isTTY && process.stderr.write('\r\u001b[2K');
  try {
    if ((await work()) === 'nothing to do') return clear();
    clear();
    process.stderr.write(`  ${sign()} ${label.padEnd(66)} ${duration(performance.now() - started).padStart(8)}\n`);
  } catch (error) {
    clear();
    throw error;
  }
}

function sign() {
  return process.stderr.isTTY && !process.env.NO_COLOR ? '\u001b[32m✓\u001b[0m' : '✓';
}

function duration(ms) {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Resolves with what the command wrote; its exit code decides. */
function run(command, args) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => failed(new Problem(`\`${command}\` could not be run: ${error.message}`)));
    child.on('close', (code) =>
      code === 0 ? done(output) : failed(new Problem(output.trim() || `${command} ended with ${code}`)),
    );
  });
}

/** One command at a time installs and builds. The lock names its process, so that one left by a killed command is seen. */
async function locked(work) {
  const lock = join(state, 'bootstrap.lock');
  mkdirSync(state, { recursive: true });
  for (let told = false; !acquire(lock); told = true) {
    if (!told) process.stderr.write('  … waiting for another command that installs or builds\n');
    await sleep(200);
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function acquire(lock) {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, 'owner'), `${process.pid} ${startTimeOf(process.pid)}`);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (isStale(lock)) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

/** Without an owner it is either brand-new or was left by a command killed at that very moment. */
function isStale(lock) {
  const [pid, startTime] = read(join(lock, 'owner'))?.split(' ') ?? [];
  if (pid === undefined) return Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 2_000;
  return !isAlive(Number(pid)) || startTimeOf(pid) !== startTime;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** A process id is given out again, soon so in a container; the start time tells the processes apart. */
function startTimeOf(pid) {
  return read(`/proc/${pid}/stat`)?.split(') ').at(-1).split(' ')[19] ?? 'unknown';
}

/** Undefined when the file is not there, or not any more. */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

async function obtained(better) {
  const label = `Node.js ${better.version} instead of this machine's ${process.versions.node}`;
  let file;
  await locked(() =>
    step(label, async () => {
      file = await obtain(better, state, npm);
    }),
  );
  return file;
}

/** Compared by content: a checkout that only touches the lockfile must not replace the modules of a running system. */
async function install() {
  const lockfile = join(root, 'package-lock.json');
  const stamp = join(root, 'node_modules', '.quickstep-installed');
  const wanted = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 'nothing to do';
  refuseWhileRunning();
  await npm('ci');
  writeFileSync(stamp, wanted);
}

/** The modules hold the programs of a running database server, which fails when they are taken away. */
function refuseWhileRunning() {
  for (const directory of ['start', 'dev']) {
    const { pid, startedAt } = JSON.parse(read(join(state, directory, 'claimed-by.json')) ?? '{}');
    if (pid === undefined || !isAlive(pid) || startTimeOf(pid) !== startedAt) continue;
    throw new Problem(
      `The dependencies of this checkout have changed while Quickstep runs from it (process ${pid}): stop that first, as its servers use them.`,
    );
  }
}

function npm(...args) {
  const flags = [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const script = process.env.npm_execpath;
  const done = script?.endsWith('.js') ? run(process.execPath, [script, ...flags]) : run('npm', flags);
  return done.catch(({ message }) => {
    throw new Problem(`${message}\n\n${notInstalled}`);
  });
}

async function build(command) {
  try {
    await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
    await run(process.execPath, [join(root, 'console', 'build.mjs')]);
  } catch (error) {
    if (command !== 'servers' || !existsSync(entry(command)))
      throw new Problem(`The build failed:\n${command === 'build' ? error.message : firstLines(error.message)}`);
    process.stderr.write('\n  ! the build failed; the servers do not need it\n');
  }
}

function firstLines(text, most = 30) {
  const lines = text.split('\n');
  return lines.length <= most
    ? text
    : [...lines.slice(0, most), `... and ${lines.length - most} lines more: npm run build`].join('\n');
}

const entry = (command) => join(root, 'tools', 'dist', `${command.replace(':', '-')}.js`);

async function main([command, ...args]) {
  const parent = process.ppid;
  if (!(command in commands)) {
    const list = Object.entries(commands).map(([name, what]) => `  ${name.padEnd(18)} ${what}`);
    throw new Problem(`Usage: node tools/bootstrap.mjs <command> [arguments]\n\n${list.join('\n')}`);
  }
  const better = choose({ version: process.versions.node, platform: process.platform, arch: process.arch });
  if (better) return runWith(await obtained(better), [fileURLToPath(import.meta.url), command, ...args]);
  const script = scripts[command];
  await locked(async () => {
    await step('dependencies installed', install);
    if (script === undefined) await step('built', () => build(command));
  });
  // npm was ended meanwhile: nobody waits for this command any more.
  if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) return 143;
  if (command === 'build') return 0;
  if (script !== undefined) return runWith(process.execPath, [join(root, script[0]), ...script.slice(1), ...args]);
  if (!existsSync(entry(command))) throw new Problem(`\`${command}\` is not part of this checkout yet.`);
  const { main: start } = await import(pathToFileURL(entry(command)).href);
  return start(args);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code ?? 0),
  (error) => {
    process.stderr.write(`${error instanceof Problem ? error.message : error.stack}\n`);
    process.exit(1);
  },
);
