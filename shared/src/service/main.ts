import { reasonOf, redact } from '../logging/index.js';
import { isExplained } from './start-error.js';

/** What `main.ts` starts. */
interface Stoppable {
  stop(): Promise<void>;
}

function say(text: string): void {
  process.stderr.write(`${redact(text)}\n`);
}

/** Errors that say what to do speak for themselves; any other is a bug, whose stack is wanted. */
function textOf(error: unknown): string {
  if (isExplained(error) || !(error instanceof Error)) return reasonOf(error);
  return error.stack ?? error.message;
}

function die(what: string, error: unknown): never {
  say(`${what}: ${textOf(error)}`);
  process.exit(1);
}

/**
 * Runs a service as a process: stops it on SIGINT and SIGTERM (exit code 0; at once, with 1, on a second one), and ends with code 1
 * and one clear message when it cannot start or when an error was not handled anywhere.
 */
export function runMain(start: () => Promise<Stoppable>): void {
  process.on('unhandledRejection', (error) => die('An error was not handled', error));
  process.on('uncaughtException', (error) => die('An error was not handled', error));
  let service: Stoppable | undefined;
  let asked = false;
  const stop = async () => {
    if (asked) process.exit(1);
    asked = true;
    // A start that is still waiting, for its broker perhaps, has nothing in flight.
    await service?.stop();
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // A start that throws at once, as reading the configuration does, fails like one that rejects.
  Promise.resolve()
    .then(start)
    .then(
      (started) => {
        service = started;
      },
      (error: unknown) => die('Cannot start', error),
    );
}
