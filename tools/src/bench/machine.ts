import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** Processor time and memory as Linux tells it (proc_pid_stat(5), proc_pid_status(5)); elsewhere nothing is known. */
export const hasProc = existsSync('/proc/self/stat');

/** USER_HZ, which is 100 on every Linux (time(7)). */
const ticksPerSecond = 100;

export interface Machine {
  cores: number;
  processor: string;
  memoryGiB: number;
  system: string;
  node: string;
  /** Of the last minute, before the benchmark did anything. */
  loadBefore: number;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    processor: all[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.versions.node,
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** The process and everything below it. */
export function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => numbersIn(`/proc/${pid}/task/${thread}/children`));
  } catch {
    return [];
  }
}

const numbersIn = (file: string) => readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);

/** Seconds that a process has used, with those of its children that have ended. */
export function cpuSecondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    // utime, stime, cutime and cstime, counted from behind the command.
    return fields.slice(11, 15).reduce((total, field) => total + Number(field), 0) / ticksPerSecond;
  } catch {
    return 0;
  }
}

/** Seconds that all processors of the machine were busy, for whomever. */
export function busySeconds(): number {
  if (!hasProc) return 0;
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields;
  return (user + nice + system + irq + softirq) / ticksPerSecond;
}

export interface Memory {
  /** MiB. */
  now: number;
  peak: number;
}

/** Of one process by itself. */
export function memoryOf(pid: number): Memory {
  const { VmRSS = 0, VmHWM = 0 } = statusOf(pid);
  return { now: VmRSS, peak: VmHWM };
}

/** Of processes that share memory, as PostgreSQL's do: what each has alone, and what they share counted once. */
export function sharedMemoryOf(pids: readonly number[]): number {
  const statuses = pids.map(statusOf);
  const own = statuses.reduce((total, { RssAnon = 0 }) => total + RssAnon, 0);
  return own + Math.max(0, ...statuses.map(({ RssShmem = 0 }) => RssShmem));
}

/** The values in kB, as MiB. */
function statusOf(pid: number): Record<string, number> {
  try {
    const lines = readFileSync(`/proc/${pid}/status`, 'utf8').matchAll(/^(\w+):\s+(\d+) kB$/gm);
    return Object.fromEntries([...lines].map(([, name, kilobytes]) => [name, Number(kilobytes) / 1_024]));
  } catch {
    return {};
  }
}
