import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, reasonOf } from './problem.js';
import { type StartedProcess, startDetached, startFailure, stopProcess } from './processes.js';
import { formatDuration } from './progress.js';
import { tryFetch, until } from './wait.js';

export interface ServiceSpec {
  name: string;
  /** For Node.js, before the script. */
  nodeArguments: readonly string[];
  script: string;
  directory: string;
  logFile: string;
  url: string;
  env: NodeJS.ProcessEnv;
}

export interface SupervisedService {
  readonly name: string;
  readonly url: string;
  readonly script: string;
  readonly logFile: string;
  /** Undefined while it is down. */
  pid(): number | undefined;
  /** Readiness as the service itself tells it. Fails when it dies again and again instead. */
  ready(signal?: AbortSignal): Promise<void>;
  /** It is started again, as after any death that was not asked for. */
  kill(signal?: NodeJS.Signals): void;
  restart(): Promise<void>;
  stop(graceMs?: number): Promise<void>;
}

const shortLifeMs = 10_000;
const firstDelayMs = 500;
const longestDelayMs = 15_000;
const deathsBeforeGivingUp = 3;

/** Starts the service now and again whenever it dies, more slowly the more often it dies young. */
export function supervise(spec: ServiceSpec, tell: (text: string) => void): SupervisedService {
  if (!existsSync(spec.script)) throw new Problem(`${spec.script} does not exist. Run \`npm run build\` and look for errors.`);
  let process: StartedProcess | undefined;
  let stopping = false;
  let youngDeaths = 0;
  const cancelled = new AbortController();

  function start(): void {
    const startedAt = Date.now();
    process = startDetached({
      ...spec,
      command: globalThis.process.execPath,
      args: [...spec.nodeArguments, spec.script],
      cwd: globalThis.process.cwd(),
    });
    process.child.once('exit', (code, signal) => void died(startedAt, signal ?? `exit code ${code}`));
  }

  async function died(startedAt: number, how: string): Promise<void> {
    process = undefined;
    if (stopping) return;
    youngDeaths = Date.now() - startedAt < shortLifeMs ? youngDeaths + 1 : 0;
    const delay = youngDeaths === 0 ? 0 : Math.min(firstDelayMs * 2 ** (youngDeaths - 1), longestDelayMs);
    tell(
      `${spec.name} died (${how}) and is started again${delay > 0 ? ` in ${formatDuration(delay)}` : ''}; its log: ${spec.logFile}`,
    );
    await sleep(delay, undefined, { signal: cancelled.signal }).catch(() => undefined);
    if (!stopping) startAgain();
  }

  function startAgain(): void {
    try {
      start();
    } catch (error) {
      tell(reasonOf(error));
    }
  }

  async function stop(graceMs?: number): Promise<void> {
    stopping = true;
    cancelled.abort();
    if (process) await stopProcess(spec.directory, process, graceMs);
  }

  async function ready(signal?: AbortSignal): Promise<void> {
    const probe = async () => {
      if (youngDeaths >= deathsBeforeGivingUp) throw startFailure(spec);
      return (await tryFetch(`${spec.url}/health/ready`))?.status === 200;
    };
    await until(probe, {
      timeoutMs: 120_000,
      signal,
      failure: `${spec.name} was not ready at ${spec.url} (its log: ${spec.logFile})`,
    });
  }

  async function restart(): Promise<void> {
    stopping = true;
    if (process) await stopProcess(spec.directory, process);
    stopping = false;
    start();
  }

  start();
  const kill = (signal: NodeJS.Signals = 'SIGKILL') => void process?.child.kill(signal);
  const { name, url, script, logFile } = spec;
  return { name, url, script, logFile, pid: () => process?.pid, ready, kill, restart, stop };
}
