import { Interrupted, messageOf, Problem } from './problem';
import { killEverythingStarted } from './processes';

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
      process.stderr.write(`\n${error instanceof Problem ? messageOf(error) : (error as Error).stack}\n`);
      return 1;
    } finally {
      stop();
    }
  };
}

/** npm passes on a Ctrl-C that the terminal has already sent to this process: the copy arrives within milliseconds and is not a second wish. */
const echoMs = 500;

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
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, handle);
  return () => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, handle);
  };
}

/** Resolves when the command is asked to stop. */
export function interruption(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
