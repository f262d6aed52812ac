import { Interrupted, Problem } from './problem.js';
import { killEverythingStarted } from './processes.js';

export type Command = (args: string[], signal: AbortSignal) => Promise<number>;

/** Gives a command its exit code and its interruption: the first Ctrl-C or SIGTERM aborts the signal, a later one kills what was started. */
export function command(work: Command): (args: string[]) => Promise<number> {
  return async (args) => {
    const controller = new AbortController();
    const stop = onInterrupt(() => controller.abort());
    try {
      return await work(args, controller.signal);
    } catch (error) {
      if (error instanceof Interrupted || controller.signal.aborted) return 130;
      process.stderr.write(`\n${error instanceof Problem ? error.message : (error as Error).stack}\n`);
      return 1;
    } finally {
      stop();
    }
  };
}

/** npm passes on a Ctrl-C that the terminal has already sent to this process: the copy arrives within milliseconds and is not a second wish. */
const echoMs = 500;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function onInterrupt(first: () => void): () => void {
  let at: number | undefined;
  const handle = () => {
    if (at === undefined) {
      at = Date.now();
      first();
    } else if (Date.now() - at > echoMs) {
      killEverythingStarted();
      process.exit(130);
    }
  };
  // A closed terminal refuses output; stopping in order matters more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const name of signals) process.on(name, handle);
  const orphaned = onOrphaned(handle);
  return () => {
    clearInterval(orphaned);
    for (const name of signals) process.off(name, handle);
  };
}

/** A SIGTERM sent to npm ends npm and the shell between it and this process, but does not get through to here. */
function onOrphaned(handle: () => void): NodeJS.Timeout | undefined {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    handle();
  }, 250);
  return timer.unref();
}

/** Resolves when the command is asked to stop. */
export function interruption(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // With servers that others run, nothing else keeps this process alive.
    const alive = setInterval(() => undefined, 3_600_000);
    const end = () => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}
