import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Problem } from './problem.js';
import { until } from './wait.js';

/** A process identified beyond its number, which the system gives out again. */
export interface ProcessRecord {
  name: string;
  pid: number;
  startedAt: string;
  stopSignal: NodeJS.Signals;
}

export interface StartOptions {
  /** Where the record is kept: whoever comes after a crash finds and stops what was left behind. */
  directory: string;
  name: string;
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
  stopSignal?: NodeJS.Signals;
  cwd?: string;
  owner?: { uid: number; gid: number } | undefined;
}

export interface StartedProcess extends ProcessRecord {
  child: ChildProcess;
  logFile: string;
}

const largestLog = 20_000_000;
const recordDirectory = (directory: string) => join(directory, 'run');
const recordFile = (directory: string, name: string) => join(recordDirectory(directory), `${name}.json`);

const started = new Map<number, StartedProcess>();
/** By the file of its record: how each process was started last. */
const launches = new Map<string, StartOptions>();

/** The last resort of an impatient user. The records stay, so that the next run finds what may still be there. */
export function killEverythingStarted(): void {
  for (const record of started.values()) send(record, -record.pid, 'SIGKILL');
}

/** When the process started, in a form that only has to be compared; undefined when it does not run. */
export function startTimeOf(pid: number): string | undefined {
  try {
    if (!existsSync('/proc/self/stat')) return execFileSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' }).trim();
    // The command in parentheses may contain spaces: the fields are counted from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isRunning(process: { pid: number; startedAt: string }): boolean {
  return startTimeOf(process.pid) === process.startedAt;
}

/** In a process group of its own, so that Ctrl-C in the terminal does not reach it. Output goes to a file, which outlives this process. */
export function startDetached(options: StartOptions): StartedProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  keepSmall(options.logFile);
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    env: options.env,
    stdio: ['ignore', log, log],
    detached: true,
    cwd: options.cwd ?? '/',
    ...options.owner,
  });
  closeSync(log);
  child.on('error', () => undefined);
  const startedAt = child.pid === undefined ? undefined : startTimeOf(child.pid);
  if (child.pid === undefined || startedAt === undefined) throw startFailure(options);
  const { name, stopSignal = 'SIGTERM', logFile } = options;
  const record: ProcessRecord = { name, pid: child.pid, startedAt, stopSignal };
  writeRecord(options.directory, record);
  launches.set(recordFile(options.directory, options.name), options);
  const process = { ...record, child, logFile };
  started.set(record.pid, process);
  return process;
}

/** How the process of this name was started by this command. @throws Problem when it was not */
export function launchOf(directory: string, name: string): StartOptions {
  const launch = launches.get(recordFile(directory, name));
  if (launch === undefined) throw new Problem(`${name} was not started here, so it cannot be started again.`);
  return launch;
}

/** The previous part of a large log is kept under a second name. */
function keepSmall(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size > largestLog) renameSync(logFile, `${logFile}.1`);
}

export function startFailure(options: { name: string; logFile: string }): Problem {
  return new Problem(`${options.name} could not be started. The end of ${options.logFile}:\n${tail(options.logFile)}`);
}

export function tail(file: string, lines = 15): string {
  if (!existsSync(file)) return '(no log was written)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** For a process started elsewhere. */
export function recordProcess(directory: string, name: string, pid: number): void {
  writeRecord(directory, { name, pid, startedAt: startTimeOf(pid) ?? '', stopSignal: 'SIGTERM' });
}

function writeRecord(directory: string, record: ProcessRecord): void {
  mkdirSync(recordDirectory(directory), { recursive: true });
  writeFileSync(recordFile(directory, record.name), JSON.stringify(record));
}

export function readRecords(directory: string): ProcessRecord[] {
  if (!existsSync(recordDirectory(directory))) return [];
  return readdirSync(recordDirectory(directory))
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(recordDirectory(directory), file), 'utf8')) as ProcessRecord);
}

/** Asks the process to stop, waits, and ends its whole group if it does not. */
export async function stopProcess(directory: string, record: ProcessRecord, graceMs = 20_000): Promise<void> {
  const whole = record.stopSignal === 'SIGKILL' ? -record.pid : record.pid;
  send(record, whole, record.stopSignal);
  const child = started.get(record.pid)?.child;
  const gone = async () => (child ? child.exitCode !== null || child.signalCode !== null : !isRunning(record));
  await until(gone, { timeoutMs: graceMs, everyMs: 25, failure: '' }).catch(async () => {
    send(record, -record.pid, 'SIGKILL');
    await until(gone, { timeoutMs: 5_000, failure: `${record.name} (process ${record.pid}) does not end` });
  });
  started.delete(record.pid);
  rmSync(recordFile(directory, record.name), { force: true });
}

function send(record: ProcessRecord, pid: number, signal: NodeJS.Signals): void {
  try {
    if (isRunning(record)) process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}
