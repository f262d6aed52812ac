import { ConfigError } from '../config/index.js';
import { redact } from '../logging/index.js';
import { reasonOf } from '../pipeline/index.js';
import { isExplained } from './start-error.js';

/** What `main.ts` starts. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** The process around a service. */
export interface Host {
  on(event: 'SIGINT' | 'SIGTERM' | 'unhandledRejection' | 'uncaughtException', listener: (reason: unknown) => void): void;
  /** For people, on standard error. */
  say(text: string): void;
  /** Resolves when what was logged has been read, or when its reader is too slow. */
  flushed(): Promise<void>;
  exit(code: number): void;
}

const FLUSH_MS = 2_000;

/** What a full pipe has not taken yet is lost when the process ends: it may be why something did not stop. */
function flushed(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, FLUSH_MS);
  // After the logger's own turn.
  setImmediate(() => process.stdout.write('', () => resolve()));
  return promise;
}

const thisProcess: Host = {
  on: (event, listener) => void process.on(event, listener),
  say: (text) => void process.stderr.write(`${text}\n`),
  flushed,
  exit: (code) => process.exit(code),
};

/** Errors that say what to do speak for themselves; any other is a bug, whose stack is wanted. */
function textOf(error: unknown): string {
  // Its examples look like secrets, and it never repeats one.
  if (error instanceof ConfigError) return error.message;
  if (isExplained(error) || !(error instanceof Error)) return redact(reasonOf(error));
  return redact(error.stack ?? error.message);
}

/**
 * Runs a service as a process: stops it on SIGINT and SIGTERM (exit code 0; at once, with 1, on a second one), and ends with code 1
 * and one clear message when it cannot start or when an error was not handled anywhere.
 */
export function runMain(start: () => Promise<Stoppable>, host: Host = thisProcess): void {
  let service: Stoppable | undefined;
  let asked = false;

  function die(what: string, error: unknown): void {
    host.say(`${what}: ${textOf(error)}`);
    host.exit(1);
  }

  async function stop(): Promise<void> {
    if (asked) return host.exit(1);
    asked = true;
    // A start that is still waiting, for its broker perhaps, has nothing in flight.
    await service?.stop();
    await host.flushed();
    host.exit(0);
  }

  for (const failure of ['unhandledRejection', 'uncaughtException'] as const) {
    host.on(failure, (error) => die('An error was not handled', error));
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) host.on(signal, () => void stop());
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
