import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { Interrupted, Problem } from '../../problem.js';
import type { FromLoad, Job, LoadOptions, LoadProgress, LoadResult, ToLoad } from './protocol.js';

/** Without a single order placed or ended for this long, a job is given up. */
const standstillMs = 60_000;

export interface LoadGenerator {
  pid(): number | undefined;
  /** Resolves when every order of the job has ended. */
  run(job: Job, onProgress: (progress: LoadProgress) => void, signal: AbortSignal): Promise<LoadResult>;
  stop(): void;
}

export async function startLoad(options: LoadOptions): Promise<LoadGenerator> {
  // Not the profiler or other options that are meant for the services.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = fork(join(__dirname, 'main.js'), {
    env,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await ask(child, { kind: 'connect', options }, 'connected');
  return {
    pid: () => child.pid,
    async run(job, onProgress, signal) {
      const { result } = await ask(child, { kind: 'run', job }, 'result', onProgress, signal);
      return result;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

function ask<Kind extends FromLoad['kind']>(
  child: ChildProcess,
  question: ToLoad,
  kind: Kind,
  onProgress: (progress: LoadProgress) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Extract<FromLoad, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    let last: LoadProgress = { placed: 0, ended: 0 };
    let movedAt = Date.now();
    const end = (settle: () => void) => {
      child.off('message', listen);
      child.off('exit', died);
      signal?.removeEventListener('abort', interrupt);
      settle();
    };
    const fail = (error: Error) => end(() => reject(error));
    const died = () => fail(new Problem('The load generator died; what it said is above.'));
    const interrupt = () => fail(new Interrupted());
    const listen = (message: FromLoad) => {
      if (message.kind === 'failed') return fail(new Problem(`The load generator failed: ${message.message}`));
      if (isKind(message, kind)) return end(() => resolve(message));
      if (message.kind !== 'progress') return;
      const { placed, ended } = message.progress;
      if (placed !== last.placed || ended !== last.ended) movedAt = Date.now();
      last = message.progress;
      onProgress(last);
      if (Date.now() - movedAt > standstillMs) fail(new Problem(standstill(last)));
    };
    if (signal?.aborted) return interrupt();
    child.on('message', listen);
    child.once('exit', died);
    signal?.addEventListener('abort', interrupt);
    child.send(question);
  });
}

function isKind<Kind extends FromLoad['kind']>(message: FromLoad, kind: Kind): message is Extract<FromLoad, { kind: Kind }> {
  return message.kind === kind;
}

function standstill({ placed, ended }: LoadProgress): string {
  const seconds = standstillMs / 1_000;
  return `For ${seconds} s no order has been placed or ended: ${placed} are placed, ${placed - ended} of them still open. Look at the services' logs, and at the queues.`;
}
